// A GCC plugin that makes a server of cc1 and cc1plus.
//
// The compiler is started on a template: `#include` lines, and then `#pragma codegym serve`. When that pragma is
// reached, the headers have been read. From there on each program is compiled in a forked child, which goes on as if
// the text of the program had followed the headers.
//
// Standard input: requests, each two 32-bit numbers in the machine's byte order (the mode and the length) and the
// program's text. Standard output: after each program the status that waitpid() gave for its child, 32 bits; once more,
// a zero, when the server is ready. Standard error: the diagnostics.
//
// A child works in the folder that the option `scratch` names, and writes assembly to program.s in the folder above.
// Its exit status is 0 when it did, 1 when it found errors, PLAIN when the assembler and the linker can have nothing to
// say against the program (there is assembly then only if it was asked for), UNLIKE when the program would be read
// otherwise than by a compiler that has it in a file.

#include "gcc-plugin.h"
#include "plugin-version.h"

#include "tree.h"
#include "stringpool.h"
#include "attribs.h"
#include "basic-block.h"
#include "function.h"
#include "cgraph.h"
#include "gimple.h"
#include "gimple-iterator.h"
#include "c-family/c-common.h"
#include "c-family/c-pragma.h"
#include "cpplib.h"
#include "debug.h"
#include "diagnostic.h"
#include "line-map.h"
#include "output.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

int plugin_is_GPL_compatible;

extern void instantiate_pending_templates (int) __attribute__ ((weak)); // there is none in the C compiler

namespace
{

const int PLAIN = 100;
const int UNLIKE = 101;

const uint32_t CHECK = 0; // the other mode wants assembly in any case

const rlim_t MEMORY_LIMIT = 1536u << 20;
const rlim_t CPU_LIMIT = 10;
const rlim_t FILE_LIMIT = 64u << 20;

const unsigned HOST_WIDE_INT LARGE_OBJECT = 64u << 20;
const unsigned HOST_WIDE_INT LARGE_SUM = 256u << 20;
const unsigned LARGE_ALIGNMENT = 4096 * BITS_PER_UNIT;

const size_t MOST_OF_BUFFER = 128; // less than the size of what the lexer knows about a buffer

const size_t PADDING = 64; // the lexer reads ahead in blocks

/* What the libraries and start files that every program is linked with define, by name:
   'F' a function, 'O' an object, 'N' either; in lower case where a program's own definition would be a second one;
   'T' a thread-local object.  */
typedef hash_map<nofree_string_hash, char> symbol_map;
symbol_map *libraries;

const char *scratch;
bool is_instantiating;
bool is_compiling; // in a child
bool is_checking;  // in a child that need not generate code
bool is_known_to_link;
int headers_classifications;
unsigned headers_maps;

/* Attributes that neither the assembler nor the linker hears of. */
const char *const harmless_attributes[] = {
  "access",	   "alloc_size",       "artificial", "cold",	   "const",	       "deprecated", "fallthrough",
  "fn spec",	   "format",	       "format_arg", "hot",	   "leaf",	       "malloc",     "maybe_unused",
  "noclone",	   "nodiscard",	       "noinline",   "nonnull",	   "noreturn",	       "nothrow",    "pure",
  "returns_nonnull", "returns_twice",  "sentinel",   "type generic", "unused",	       "used",	     "warn_unused_result",
  "warn_unused",   "alloc_align",      "no vops",    "may_alias",  "transaction_pure",
};

/* Functions of the compiler that it always expands itself, or turns into calls of libgcc, whatever the arguments.  */
const char *const harmless_builtins[] = {
  "abs", "add_overflow", "addressof", "alloca", "alloca_with_align", "bswap16", "bswap32", "bswap64", "clear_padding",
  "clz", "clzl", "clzll", "clrsb", "clrsbl", "clrsbll", "complex_div", "constant_p", "ctz", "ctzl", "ctzll",
  "cxa_end_cleanup", "eh_copy_values", "eh_filter", "eh_pointer", "expect", "ffs", "ffsl", "ffsll", "fabs", "fabsf",
  "fabsl", "huge_val", "huge_valf", "huge_vall", "inf", "inff", "infl", "init_trampoline", "adjust_trampoline",
  "init_heap_trampoline", "nonlocal_goto", "is_constant_evaluated", "isfinite", "isgreater", "isgreaterequal", "isinf",
  "isinf_sign", "isless", "islessequal", "islessgreater", "isnan", "isnormal", "isunordered", "launder",
  "mul_overflow", "nan", "nanf", "nanl", "parity", "parityl", "parityll", "popcount", "popcountl", "popcountll",
  "sadd_overflow", "saddl_overflow", "saddll_overflow", "signbit", "signbitf", "signbitl", "smul_overflow",
  "smull_overflow", "smulll_overflow", "ssub_overflow", "ssubl_overflow", "ssubll_overflow", "stack_restore",
  "stack_save", "sub_overflow", "trap", "uadd_overflow", "uaddl_overflow", "uaddll_overflow", "umul_overflow",
  "umull_overflow", "umulll_overflow", "unreachable", "unwind_resume", "usub_overflow", "usubl_overflow",
  "usubll_overflow", "va_copy", "va_end", "va_start", "fpclassify", "dwarf_cfa", "setjmp_setup", "setjmp_receiver",
};

template <size_t count>
bool
holds (const char *const (&names)[count], const char *wanted)
{
  for (const char *name : names)
    if (!strcmp (name, wanted))
      return true;
  return false;
}

/* Whether the compiler's own function NAME needs nothing of a library: for the atomic ones that depends on the size. */
bool
is_harmless_builtin (const char *name)
{
  if (startswith (name, "__builtin_"))
    return holds (harmless_builtins, name + strlen ("__builtin_"));
  if (!startswith (name, "__atomic_") && !startswith (name, "__sync_"))
    return holds (harmless_builtins, name);
  const char *size = strrchr (name, '_') + 1;
  return !strcmp (size, "1") || !strcmp (size, "2") || !strcmp (size, "4") || !strcmp (size, "8")
	 || !strcmp (size, "fence") || !strcmp (name, "__sync_synchronize");
}

bool
is_harmless_name (const char *name)
{
  for (const char *c = name; *c; c++)
    if (!ISALNUM (*c) && *c != '_' && *c != '.' && !(*c == '$' && c != name))
      return false;
  return true;
}

bool
has_harmless_attributes (tree declaration)
{
  for (tree attribute = DECL_ATTRIBUTES (declaration); attribute; attribute = TREE_CHAIN (attribute))
    if (!holds (harmless_attributes, IDENTIFIER_POINTER (get_attribute_name (attribute))))
      return false;
  return true;
}

/* The size of an object in bytes; the largest number there is where it is not known. */
unsigned HOST_WIDE_INT
size_of (tree declaration)
{
  tree size = DECL_SIZE_UNIT (declaration);
  return size && tree_fits_uhwi_p (size) ? tree_to_uhwi (size) : HOST_WIDE_INT_M1U;
}

bool
has_harmless_body (tree declaration)
{
  function *body = DECL_STRUCT_FUNCTION (declaration);
  if (!body)
    return true;
  unsigned HOST_WIDE_INT frame = 0;
  unsigned index;
  tree local;
  FOR_EACH_LOCAL_DECL (body, index, local)
    {
      if (!VAR_P (local) || TREE_STATIC (local) || DECL_EXTERNAL (local))
	continue;
      if (DECL_HARD_REGISTER (local) || DECL_ALIGN (local) > LARGE_ALIGNMENT)
	return false;
      if (DECL_HAS_VALUE_EXPR_P (local) || !DECL_SIZE_UNIT (local) || TREE_CODE (DECL_SIZE_UNIT (local)) != INTEGER_CST)
	continue; // an array of variable length
      if (size_of (local) > LARGE_OBJECT || (frame += size_of (local)) > LARGE_SUM)
	return false;
    }
  if (!body->cfg)
    return !gimple_has_body_p (declaration) || cgraph_node::get (declaration)->thunk;
  basic_block block;
  FOR_EACH_BB_FN (block, body)
    for (gimple_stmt_iterator i = gsi_start_bb (block); !gsi_end_p (i); gsi_next (&i))
      if (gimple_code (gsi_stmt (i)) == GIMPLE_ASM)
	return false;
  return true;
}

/* Whether all that the rest of the compiler, the assembler and the linker will say about NODE, whose name for them is
   NAME, is that it is fine.  */
bool
is_harmless_symbol (symtab_node *node, const char *name)
{
  tree declaration = node->decl;
  bool is_function = TREE_CODE (declaration) == FUNCTION_DECL;
  bool is_own = !DECL_IN_SYSTEM_HEADER (declaration) && !DECL_IS_UNDECLARED_BUILTIN (declaration);
  bool has_label = *name == '*';
  const char *known = has_label ? name + 1 : name;
  if (is_function && DECL_FUNCTION_SPECIFIC_TARGET (declaration))
    return false;
  if (is_own)
    {
      if (!has_harmless_attributes (declaration) || !is_harmless_name (known)
	  || (VAR_OR_FUNCTION_DECL_P (declaration) && DECL_WEAK (declaration) && !DECL_COMDAT (declaration)
	      && !DECL_COMDAT_GROUP (declaration))
	  || (node->alias && !node->cpp_implicit_alias) || DECL_ALIGN (declaration) > LARGE_ALIGNMENT)
	return false;
      if (is_function ? DECL_FUNCTION_SPECIFIC_OPTIMIZATION (declaration) != NULL_TREE
		      : DECL_THREAD_LOCAL_P (declaration) || DECL_HARD_REGISTER (declaration))
	return false;
    }
  char *kind = libraries->get (known);
  if (node->definition && !DECL_EXTERNAL (declaration))
    {
      if (!is_own)
	return true;
      if (has_label || (TREE_PUBLIC (declaration) && kind && (ISLOWER (*kind) || *kind == 'T')))
	return false;
      return is_function ? has_harmless_body (declaration) : size_of (declaration) <= LARGE_OBJECT;
    }
  if (is_function && node->definition && !is_own
      && lookup_attribute ("always_inline", DECL_ATTRIBUTES (declaration)))
    return true; // nobody will ask for it
  if (is_function && fndecl_built_in_p (declaration))
    {
      if (!fndecl_built_in_p (declaration, BUILT_IN_NORMAL))
	return false;
      if (is_harmless_builtin (known))
	return true;
    }
  if (!kind || *kind == 'T')
    return false;
  return TOUPPER (*kind) == 'N' || (TOUPPER (*kind) == 'F') == is_function;
}

/* Whether the program has everything that makes an executable, and nothing that only the assembler or the linker, or a
   later pass of the compiler, can judge.  */
bool
is_plain ()
{
  if (symtab->first_asm_symbol ())
    return false;
  for (int i = headers_classifications; i < global_dc->n_classification_history; i++)
    if (!in_system_header_at (global_dc->classification_history[i].location))
      return false; // the program has a say in what is an error
  for (unsigned i = headers_maps; i < LINEMAPS_ORDINARY_USED (line_table); i++)
    {
      const line_map_ordinary *map = LINEMAPS_ORDINARY_MAP_AT (line_table, i);
      if (MAIN_FILE_P (map) && ORDINARY_MAP_IN_SYSTEM_HEADER_P (map))
	return false; // a line marker claims that the program is a header
    }
  hash_set<nofree_string_hash> definitions;
  bool has_main = false;
  unsigned HOST_WIDE_INT statics = 0;
  symtab_node *node;
  FOR_EACH_SYMBOL (node)
    {
      const char *name = IDENTIFIER_POINTER (DECL_ASSEMBLER_NAME (node->decl));
      if (!is_harmless_symbol (node, name))
	return false;
      if (!node->definition || DECL_EXTERNAL (node->decl))
	continue;
      if (definitions.add (name))
	return false;
      if (TREE_CODE (node->decl) == FUNCTION_DECL)
	has_main |= TREE_PUBLIC (node->decl) && !strcmp (name, "main");
      else if (!DECL_IN_SYSTEM_HEADER (node->decl) && (statics += size_of (node->decl)) > LARGE_SUM)
	return false;
    }
  return has_main;
}

void
on_analysed (void *, void *)
{
  is_known_to_link = is_compiling && is_plain ();
  if (is_known_to_link && is_checking)
    _exit (PLAIN);
}

void
on_finished (void *, void *)
{
  if (is_known_to_link && !seen_error ())
    _exit (PLAIN);
}

/* Called when the end of a file has been read; LINE is 0 when it is the program's, and has been parsed. What is left to
   do then is most of the work, and in vain if the program is wrong.  */
void
on_end_of_file (unsigned line)
{
  if (line == 0 && seen_error ())
    {
      diagnostic_finish (global_dc);
      _exit (FATAL_EXIT_CODE);
    }
}

/* Called for each #include: a program that is not in a file cannot look for others beside itself. */
void
on_include (cpp_reader *, location_t, const unsigned char *directive, const char *, int angle_brackets,
	    const cpp_token **)
{
  if (line_table->depth == 1 && (!angle_brackets || strcmp ((const char *) directive, "include")))
    _exit (UNLIKE);
}

/* Lowers a limit; one that is lower already stays. */
void
limit (__rlimit_resource resource, rlim_t most)
{
  rlimit limits;
  if (getrlimit (resource, &limits))
    _exit (UNLIKE);
  if (limits.rlim_max == RLIM_INFINITY || limits.rlim_max > most)
    limits.rlim_cur = limits.rlim_max = most;
  if (setrlimit (resource, &limits))
    _exit (UNLIKE);
}

bool
receive (void *to, size_t length)
{
  for (char *at = (char *) to; length;)
    {
      ssize_t count = read (STDIN_FILENO, at, length);
      if (count < 0 && errno == EINTR)
	continue;
      if (count <= 0)
	return false;
      at += count;
      length -= count;
    }
  return true;
}

void
report (int32_t status)
{
  if (write (STDOUT_FILENO, &status, sizeof status) != sizeof status)
    _exit (0);
}

/* Where a buffer of the lexer holds the file that it is of. The header that says so is not installed, but a function that
   returns the file is.  */
size_t
offset_of_file (cpp_buffer *buffer)
{
  for (size_t offset = 0; offset < MOST_OF_BUFFER; offset += sizeof (_cpp_file *))
    if (*(_cpp_file **) ((char *) buffer + offset) == cpp_get_file (buffer))
      return offset;
  return MOST_OF_BUFFER;
}

/* Lets the lexer read TEXT next, as a part of the file that it is reading. */
void
push_text (cpp_reader *reader, const unsigned char *text, size_t length)
{
  _cpp_file *file = cpp_get_file (cpp_get_buffer (reader));
  size_t offset = offset_of_file (cpp_get_buffer (reader));
  cpp_buffer *buffer = cpp_push_buffer (reader, text, length, false);
  if (offset >= MOST_OF_BUFFER)
    _exit (UNLIKE);
  *(_cpp_file **) ((char *) buffer + offset) = file;
  if (cpp_get_file (buffer) != file)
    _exit (UNLIKE);
}

/* Makes this child the compiler of one program. */
void
become_compiler (cpp_reader *reader, uint32_t mode, const unsigned char *text, size_t length, pid_t server)
{
  prctl (PR_SET_PDEATHSIG, SIGKILL);
  if (getppid () != server)
    _exit (UNLIKE);
  int null = open ("/dev/null", O_RDWR);
  int assembly = chdir (scratch) ? -1 : open ("../program.s", O_WRONLY | O_CREAT | O_TRUNC, 0600);
  if (null < 0 || assembly < 0)
    _exit (UNLIKE);
  // What the compiler has said about the file so far is still in the buffer of its stream.
  if (dup2 (null, STDIN_FILENO) < 0 || dup2 (null, STDOUT_FILENO) < 0 || dup2 (assembly, fileno (asm_out_file)) < 0)
    _exit (UNLIKE);
  close (null);
  close (assembly);
  limit (RLIMIT_AS, MEMORY_LIMIT);
  limit (RLIMIT_CPU, CPU_LIMIT);
  limit (RLIMIT_FSIZE, FILE_LIMIT);
  limit (RLIMIT_CORE, 0);
  is_compiling = true;
  is_checking = mode == CHECK;
  headers_classifications = global_dc->n_classification_history;
  headers_maps = LINEMAPS_ORDINARY_USED (line_table);
  static gcc_debug_hooks hooks = do_nothing_debug_hooks;
  hooks.start_end_main_source_file = true;
  hooks.end_source_file = on_end_of_file;
  debug_hooks = &hooks;
  cpp_get_callbacks (reader)->include = on_include;
  push_text (reader, text, length);
}

/* Does once what every program would have to do with what the headers define. */
void
prepare_templates ()
{
  if (!instantiate_pending_templates)
    return;
  instantiate_pending_templates (0);
  symtab_node *node;
  FOR_EACH_SYMBOL (node)
    DECL_ASSEMBLER_NAME (node->decl);
}

/* The pragma. */
void
serve (cpp_reader *reader)
{
  if (is_compiling)
    _exit (UNLIKE); // to others it means nothing
  while (cpp_get_token (reader)->type != CPP_EOF)
    ; // to the end of the line, so that nobody looks for it in the program
  if (is_instantiating)
    prepare_templates ();
  prctl (PR_SET_PDEATHSIG, SIGKILL);
  pid_t server = getpid ();
  report (0);
  for (;;)
    {
      uint32_t request[2];
      if (!receive (request, sizeof request))
	_exit (0);
      size_t length = request[1];
      unsigned char *text = XNEWVEC (unsigned char, length + PADDING);
      if (!receive (text, length))
	_exit (0);
      memset (text + length, 0, PADDING);
      text[length] = '\n';
      pid_t child = fork ();
      if (child == 0)
	{
	  become_compiler (reader, request[0], text, length, server);
	  return;
	}
      int status = -1;
      while (child > 0 && waitpid (child, &status, 0) < 0 && errno == EINTR)
	continue;
      XDELETEVEC (text);
      report (status);
    }
}

void
on_pragmas (void *, void *)
{
  cpp_register_pragma (parse_in, "codegym", "serve", serve, false);
}

/* Reads lines of a kind, a space and a name. */
bool
read_libraries (const char *path)
{
  FILE *file = fopen (path, "r");
  if (!file)
    return false;
  libraries = new symbol_map (16384);
  char *line = NULL;
  size_t capacity = 0;
  for (ssize_t length; (length = getline (&line, &capacity, file)) > 3;)
    {
      line[length - 1] = '\0';
      libraries->put (xstrdup (line + 2), line[0]);
    }
  free (line);
  fclose (file);
  return true;
}

} // namespace

int
plugin_init (plugin_name_args *plugin, plugin_gcc_version *version)
{
  if (!plugin_default_version_check (version, &gcc_version))
    return 1;
  for (int i = 0; i < plugin->argc; i++)
    {
      const plugin_argument &argument = plugin->argv[i];
      if (!strcmp (argument.key, "libraries"))
	{
	  if (!read_libraries (argument.value))
	    return 1;
	}
      else if (!strcmp (argument.key, "scratch"))
	scratch = xstrdup (argument.value);
      else if (!strcmp (argument.key, "instantiate"))
	is_instantiating = true;
      else
	return 1;
    }
  register_callback (plugin->base_name, PLUGIN_PRAGMAS, on_pragmas, NULL);
  register_callback (plugin->base_name, PLUGIN_ALL_IPA_PASSES_START, on_analysed, NULL);
  register_callback (plugin->base_name, PLUGIN_FINISH, on_finished, NULL);
  return 0;
}
