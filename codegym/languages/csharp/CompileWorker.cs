using System;
using System.Collections;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Text;
using Mono.CSharp;

/// <summary>
/// The warm C# compiler: mcs, loaded once, with the referenced assemblies imported.
/// </summary>
/// <remarks>
/// Nine tenths of the time that mcs takes when it is warm go into the referenced assemblies, which are always the
/// same. Here they are read before there is a program. Each program is compiled in a forked child, so that none has an
/// influence on the next. It speaks with <c>compile_worker.py</c>, which owns the protocol: a line asks for the
/// program in the current directory; the child says its verdict in a line of JSON, or dies, which leaves the verdict to
/// the ordinary command; then this process says in a line how the child ended.
///
/// mcs's parts are not public, so they are called by name. They are called in the order in which
/// <c>Driver.Compile</c> calls them; the program's types are declared before those of the references, as there.
/// </remarks>
static class CompileWorker
{
    const int DiagnosticsKept = 20;
    const int MessageLimit = 1000;
    const BindingFlags Any = BindingFlags.Static | BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic;

    [DllImport("libc.so.6", SetLastError = true)]
    static extern int fork();

    [DllImport("libc.so.6", SetLastError = true)]
    static extern int waitpid(int process, out int status, int options);

    [DllImport("libc.so.6")]
    static extern void _exit(int status);

    [DllImport("libc.so.6")]
    static extern uint alarm(uint seconds);

    static readonly string[] Rejected = {
        "class P { static void Main() { int x = \"\"; y = 1; x.Missing(); Q q; return 1; } int F() { } }",
        "class P { static void Main() { f(; }",
    };

    /// <summary>
    /// Arguments: seconds that a child may take, a program to warm up with, the program's file, options of mcs.
    /// </summary>
    static int Main(string[] arguments)
    {
        uint patience = uint.Parse(arguments[0], CultureInfo.InvariantCulture);
        string source = arguments[2];
        var options = new List<string>(arguments).GetRange(2, arguments.Length - 2).ToArray();
        var output = new StreamWriter(Console.OpenStandardOutput(), Encoding.ASCII) { AutoFlush = true, NewLine = "\n" };
        Console.SetOut(TextWriter.Null);

        // What is compiled just in time here need not be in every child.
        foreach (string program in new[] { Rejected[0], Rejected[1], File.ReadAllText(arguments[1]) }) {
            File.WriteAllText(source, program);
            new Compilation(options).Finish();
        }
        File.Delete(source);
        File.Delete(options[1].Substring("-out:".Length));

        var compilation = new Compilation(options);
        GC.Collect();
        output.WriteLine("ready");
        var input = Console.OpenStandardInput();
        while (input.ReadByte() >= 0) {
            int child = fork();
            if (child == 0) {
                alarm(patience);
                try {
                    output.WriteLine(compilation.Finish());
                } catch {
                    _exit(1);
                }
                _exit(0);
            }
            int status;
            if (child < 0 || waitpid(child, out status, 0) != child) {
                return 1;
            }
            output.WriteLine("ended " + status.ToString(CultureInfo.InvariantCulture));
        }
        return 0;
    }

    /// <summary>One run of the compiler, begun as far as that is possible without a program.</summary>
    sealed class Compilation
    {
        readonly Messages messages = new Messages();
        readonly CompilerContext context;
        readonly ModuleContainer module;
        readonly object driver, loader, assembly;
        readonly Names imported;

        public Compilation(string[] options)
        {
            CompilerSettings settings = new CommandLineParser(TextWriter.Null).ParseArguments(options);
            context = new CompilerContext(settings, messages);
            driver = New("Driver", context);
            module = new ModuleContainer(context);
            RootContext.ToplevelTypes = module;
            object importer = New("StaticImporter", module);
            loader = New("StaticLoader", importer, context);
            string file = settings.OutputFile;
            assembly = New("AssemblyDefinitionStatic", module, loader, Path.GetFileName(file), file);
            Call(assembly, "Create", Get(loader, "Domain"));
            Call(importer, "AddCompiledAssembly", assembly);
            Set(loader, "CompiledAssembly", assembly);

            Call(loader, "LoadReferences", module);
            imported = new Names(module.GlobalRootNamespace);
        }

        /// <summary>Compiles the program and returns the verdict.</summary>
        public string Finish()
        {
            return messages.Verdict(Compile() && messages.ErrorsCount == 0);
        }

        bool Compile()
        {
            Call(driver, "Parse", module);
            if (messages.ErrorsCount > 0) {
                return false;
            }
            if (module.OptAttributes != null) {
                throw new NotSupportedException("attributes of the assembly, which it has had to be created with");
            }
            module.CreateContainer();
            imported.Restore();
            if (!context.BuiltinTypes.CheckDefinitions(module)) {
                return false;
            }
            Call(loader, "LoadModules", assembly, module.GlobalRootNamespace);
            module.InitializePredefinedTypes();
            module.Define();
            foreach (string step in new[] { "Resolve", "Emit" }) {
                if (messages.ErrorsCount > 0) {
                    return false;
                }
                Call(assembly, step);
            }
            if (messages.ErrorsCount > 0) {
                return false;
            }
            module.CloseContainer();
            Call(assembly, "EmbedResources");
            if (messages.ErrorsCount > 0) {
                return false;
            }
            Call(assembly, "Save");
            return true;
        }

        static object New(string type, params object[] arguments)
        {
            Type found = typeof(ModuleContainer).Assembly.GetType("Mono.CSharp." + type, true);
            return Activator.CreateInstance(found, Any, null, arguments, null);
        }

        static MethodInfo Method(Type type, string name, int parameters)
        {
            for (Type declaring = type; declaring != null; declaring = declaring.BaseType) {
                foreach (MethodInfo method in declaring.GetMethods(Any | BindingFlags.DeclaredOnly)) {
                    if (method.Name == name && method.GetParameters().Length == parameters) {
                        return method;
                    }
                }
            }
            throw new MissingMethodException(type.FullName, name);
        }

        static object Call(object target, string name, params object[] arguments)
        {
            return Method(target.GetType(), name, arguments.Length).Invoke(target, arguments);
        }

        static object Get(object target, string property)
        {
            return target.GetType().GetProperty(property, Any).GetValue(target, null);
        }

        static void Set(object target, string property, object value)
        {
            target.GetType().GetProperty(property, Any).SetValue(target, value, null);
        }
    }

    /// <summary>
    /// What the references declare in the global namespace: taken away for as long as the program's types are
    /// declared, which come first, and put back behind them.
    /// </summary>
    sealed class Names
    {
        static readonly FieldInfo Types = typeof(Namespace).GetField("types", Any);
        static readonly FieldInfo Namespaces = typeof(Namespace).GetField("namespaces", Any);
        static readonly FieldInfo All = typeof(RootNamespace).GetField("all_namespaces", Any);
        static readonly FieldInfo Extensions = typeof(Namespace).GetField("extension_method_types", Any);

        readonly RootNamespace root;
        readonly IDictionary types, namespaces, all;
        readonly List<TypeSpec> extensions;

        public Names(RootNamespace root)
        {
            this.root = root;
            types = (IDictionary) Types.GetValue(root);
            namespaces = (IDictionary) Namespaces.GetValue(root);
            all = (IDictionary) All.GetValue(root);
            extensions = (List<TypeSpec>) Extensions.GetValue(root);
            var empty = new RootNamespace(root.Alias);
            foreach (FieldInfo table in new[] { Types, Namespaces, All, Extensions }) {
                table.SetValue(root, table.GetValue(empty));
            }
            ((IDictionary) All.GetValue(root))[""] = root;
            all.Remove("");
        }

        /// <summary>Puts the names back; throws an exception where the program declares one of them itself.</summary>
        public void Restore()
        {
            Append(types, Types);
            Append(namespaces, Namespaces);
            Append(all, All);
            var own = (List<TypeSpec>) Extensions.GetValue(root);
            if (own == null) {
                Extensions.SetValue(root, extensions);
            } else if (extensions != null) {
                own.AddRange(extensions);
            }
        }

        void Append(IDictionary names, FieldInfo table)
        {
            var own = (IDictionary) table.GetValue(root);
            if (own == null) {
                table.SetValue(root, names);
            } else if (names != null) {
                foreach (DictionaryEntry entry in names) {
                    own.Add(entry.Key, entry.Value);
                }
            }
        }
    }

    /// <summary>What the compiler has to say about a program.</summary>
    sealed class Messages : ReportPrinter
    {
        readonly List<string> errors = new List<string>();
        readonly List<string> warnings = new List<string>();

        public override void Print(AbstractMessage message, bool showFullPath)
        {
            base.Print(message, showFullPath);
            List<string> kind = message.IsWarning ? warnings : errors;
            if (kind.Count < DiagnosticsKept) {
                kind.Add(Diagnostic(message));
            }
        }

        public string Verdict(bool accepted)
        {
            var kept = new List<string>(errors);
            kept.AddRange(warnings.GetRange(0, Math.Min(warnings.Count, DiagnosticsKept - kept.Count)));
            return "{\"ok\": " + (accepted ? "true" : "false") + ", \"status\": \"" + (accepted ? "ok" : "error")
                + "\", \"diagnostics\": [" + string.Join(", ", kept) + "]}";
        }

        static string Diagnostic(AbstractMessage message)
        {
            return string.Format(
                CultureInfo.InvariantCulture,
                "{{\"line\": {0}, \"column\": {1}, \"severity\": \"{2}\", \"message\": {3}, \"code\": \"CS{4:0000}\"}}",
                message.Location.IsNull ? 0 : message.Location.Row,
                message.Location.IsNull ? 0 : Math.Max(0, message.Location.Column),
                message.IsWarning ? "warning" : "error", Quote(message.Text), message.Code);
        }

        static string Quote(string text)
        {
            var quoted = new StringBuilder("\"");
            foreach (char c in text.Length > MessageLimit ? text.Substring(0, MessageLimit) : text) {
                if (c == '"' || c == '\\') {
                    quoted.Append('\\').Append(c);
                } else if (c < ' ' || c > '~') {
                    quoted.Append("\\u").Append(((int) c).ToString("x4", CultureInfo.InvariantCulture));
                } else {
                    quoted.Append(c);
                }
            }
            return quoted.Append('"').ToString();
        }
    }
}
