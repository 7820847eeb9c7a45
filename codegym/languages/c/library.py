"""What C programs bring along because C does not have it: growing lists, maps, functions of strings and arrays.

In these texts `@name` stands for another function, and words in capitals for names and types that the program
chooses; `TYPE` in a name stands for the type as a word.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Helper:
    """A function: what programmers call it, the headers that it needs, its text."""

    names: tuple[str, ...]
    includes: tuple[str, ...]
    text: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", self.text.strip("\n"))


STRUCTURES = {
    "list": """
typedef struct {
    ITEM *ITEMS;
    int SIZE;
    int capacity;
} NAME;
""",
    "map": """
typedef struct {
    KEY key;
    VALUE value;
} ENTRY;

typedef struct {
    ENTRY *entries;
    int SIZE;
    int capacity;
} NAME;
""",
}

HELPERS = {
    "min": Helper(
        ("min", "min_TYPE", "smaller"),
        (),
        """
ITEM NAME(ITEM a, ITEM b) {
    return a < b ? a : b;
}
""",
    ),
    "max": Helper(
        ("max", "max_TYPE", "larger"),
        (),
        """
ITEM NAME(ITEM a, ITEM b) {
    return a > b ? a : b;
}
""",
    ),
    "floor_mod": Helper(
        ("floor_mod", "modulo", "mod"),
        (),
        """
int NAME(int a, int b) {
    return (a % b + b) % b;
}
""",
    ),
    "floor_div": Helper(
        ("floor_div", "divide_down"),
        (),
        """
int NAME(int a, int b) {
    return a / b - (a % b < 0);
}
""",
    ),
    "sum": Helper(
        ("sum", "sum_of", "array_sum", "add_up"),
        (),
        """
ITEM NAME(const ITEM *values, int n) {
    ITEM total = 0;
    for (int i = 0; i < n; i++) {
        total += values[i];
    }
    return total;
}
""",
    ),
    "smallest": Helper(
        ("smallest", "array_min", "min_of"),
        (),
        """
ITEM NAME(const ITEM *values, int n) {
    ITEM best = values[0];
    for (int i = 1; i < n; i++) {
        if (values[i] < best) {
            best = values[i];
        }
    }
    return best;
}
""",
    ),
    "largest": Helper(
        ("largest", "array_max", "max_of"),
        (),
        """
ITEM NAME(const ITEM *values, int n) {
    ITEM best = values[0];
    for (int i = 1; i < n; i++) {
        if (values[i] > best) {
            best = values[i];
        }
    }
    return best;
}
""",
    ),
    "contains": Helper(
        ("contains", "is_in", "includes"),
        ("stdbool",),
        """
bool NAME(const ITEM *values, int n, ITEM wanted) {
    for (int i = 0; i < n; i++) {
        if (values[i] == wanted) {
            return true;
        }
    }
    return false;
}
""",
    ),
    "contains_text": Helper(
        ("contains", "is_in", "includes"),
        ("stdbool", "string"),
        """
bool NAME(char **values, int n, const char *wanted) {
    for (int i = 0; i < n; i++) {
        if (strcmp(values[i], wanted) == 0) {
            return true;
        }
    }
    return false;
}
""",
    ),
    "copy": Helper(
        ("copy_of", "copied", "duplicate"),
        ("stdlib", "string"),
        """
ITEM *NAME(ITEM const *values, int n) {
    ITEM *result = malloc(n * sizeof *result);
    memcpy(result, values, n * sizeof *result);
    return result;
}
""",
    ),
    "sorted": Helper(
        ("sorted", "in_order"),
        ("stdlib",),
        """
ITEM *NAME(ITEM *values, int n) {
    qsort(values, n, sizeof *values, COMPARE);
    return values;
}
""",
    ),
    "filled": Helper(
        ("filled", "array_of"),
        ("stdlib",),
        """
ITEM *NAME(int n, ITEM value) {
    ITEM *result = malloc(n * sizeof *result);
    for (int i = 0; i < n; i++) {
        result[i] = value;
    }
    return result;
}
""",
    ),
    "compare": Helper(
        ("compare_TYPEs", "compare", "cmp_TYPE", "by_value"),
        (),
        """
int NAME(const void *left, const void *right) {
    ITEM a = *(const ITEM *) left;
    ITEM b = *(const ITEM *) right;
    return (a > b) - (a < b);
}
""",
    ),
    "compare_texts": Helper(
        ("compare_words", "compare", "cmp_text"),
        ("string",),
        """
int NAME(const void *left, const void *right) {
    return strcmp(*(char *const *) left, *(char *const *) right);
}
""",
    ),
    "push": Helper(
        ("push", "append", "add", "list_add"),
        ("stdlib",),
        """
void NAME(LIST *list, ITEM item) {
    if (list->SIZE == list->capacity) {
        list->capacity = list->capacity == 0 ? 8 : 2 * list->capacity;
        list->ITEMS = realloc(list->ITEMS, list->capacity * sizeof *list->ITEMS);
    }
    list->ITEMS[list->SIZE++] = item;
}
""",
    ),
    "map_find": Helper(
        ("find_key", "position_of", "find_entry"),
        (),
        """
int NAME(const MAP *map, KEY key) {
    int i = 0;
    while (i < map->SIZE && map->entries[i].key < key) {
        i++;
    }
    return i;
}
""",
    ),
    "map_find_text": Helper(
        ("find_key", "position_of", "find_entry"),
        ("string",),
        """
int NAME(const MAP *map, KEY key) {
    int i = 0;
    while (i < map->SIZE && strcmp(map->entries[i].key, key) < 0) {
        i++;
    }
    return i;
}
""",
    ),
    "map_has": Helper(
        ("has_key", "contains_key", "map_has"),
        ("stdbool",),
        """
bool NAME(const MAP *map, KEY key) {
    int i = FIND(map, key);
    return i < map->SIZE && EQUAL;
}
""",
    ),
    "map_get": Helper(
        ("get_value", "map_get", "value_of", "look_up"),
        (),
        """
VALUE NAME(const MAP *map, KEY key, VALUE missing) {
    int i = FIND(map, key);
    return i < map->SIZE && EQUAL ? map->entries[i].value : missing;
}
""",
    ),
    "map_at": Helper(
        ("value_at", "map_at", "slot_for"),
        ("stdlib", "string"),
        """
VALUE *NAME(MAP *map, KEY key) {
    int i = FIND(map, key);
    if (i < map->SIZE && EQUAL) {
        return &map->entries[i].value;
    }
    if (map->SIZE == map->capacity) {
        map->capacity = map->capacity == 0 ? 8 : 2 * map->capacity;
        map->entries = realloc(map->entries, map->capacity * sizeof *map->entries);
    }
    memmove(&map->entries[i + 1], &map->entries[i], (map->SIZE - i) * sizeof *map->entries);
    map->entries[i] = (ENTRY) {key, 0};
    map->SIZE++;
    return &map->entries[i].value;
}
""",
    ),
    "map_put": Helper(
        ("put", "map_put", "set_value", "store"),
        (),
        """
void NAME(MAP *map, KEY key, VALUE value) {
    *AT(map, key) = value;
}
""",
    ),
    "format": Helper(
        ("format", "text_of", "make_text", "build_text"),
        ("stdarg", "stdio", "stdlib"),
        """
char *NAME(const char *pattern, ...) {
    va_list arguments;
    va_start(arguments, pattern);
    int length = vsnprintf(NULL, 0, pattern, arguments);
    va_end(arguments);
    char *text = malloc(length + 1);
    va_start(arguments, pattern);
    vsnprintf(text, length + 1, pattern, arguments);
    va_end(arguments);
    return text;
}
""",
    ),
    "append_char": Helper(
        ("append_char", "add_char", "push_char", "with_char"),
        ("stdlib", "string"),
        """
char *NAME(char *text, char c) {
    size_t length = strlen(text);
    text = realloc(text, length + 2);
    text[length] = c;
    text[length + 1] = '\\0';
    return text;
}
""",
    ),
    "append_text": Helper(
        ("append_text", "add_text", "append_string", "with_text"),
        ("stdlib", "string"),
        """
char *NAME(char *text, const char *more) {
    text = realloc(text, strlen(text) + strlen(more) + 1);
    return strcat(text, more);
}
""",
    ),
    "slice": Helper(
        ("substring", "slice", "part_of", "cut_out"),
        ("stdlib", "string"),
        """
char *NAME(const char *text, int start, int stop) {
    char *result = malloc(stop - start + 1);
    memcpy(result, text + start, stop - start);
    result[stop - start] = '\\0';
    return result;
}
""",
    ),
    "reversed": Helper(
        ("reversed", "reverse_text", "backwards", "reverse_of"),
        ("stdlib", "string"),
        """
char *NAME(const char *text) {
    int length = strlen(text);
    char *result = malloc(length + 1);
    for (int i = 0; i < length; i++) {
        result[i] = text[length - 1 - i];
    }
    result[length] = '\\0';
    return result;
}
""",
    ),
    "upper": Helper(
        ("to_upper", "upper_case", "uppercase"),
        ("ctype", "stdlib", "string"),
        """
char *NAME(const char *text) {
    char *result = strdup(text);
    for (int i = 0; result[i] != '\\0'; i++) {
        result[i] = toupper(result[i]);
    }
    return result;
}
""",
    ),
    "lower": Helper(
        ("to_lower", "lower_case", "lowercase"),
        ("ctype", "stdlib", "string"),
        """
char *NAME(const char *text) {
    char *result = strdup(text);
    for (int i = 0; result[i] != '\\0'; i++) {
        result[i] = tolower(result[i]);
    }
    return result;
}
""",
    ),
    "count": Helper(
        ("count_char", "occurrences_of", "count_of"),
        (),
        """
int NAME(const char *text, char wanted) {
    int count = 0;
    for (int i = 0; text[i] != '\\0'; i++) {
        count += text[i] == wanted;
    }
    return count;
}
""",
    ),
    "print_ints": Helper(
        ("print_array", "print_ints", "show_all", "write_line"),
        ("stdio",),
        """
void NAME(const int *values, int n, const char *separator) {
    for (int i = 0; i < n; i++) {
        printf("%s%d", i > 0 ? separator : "", values[i]);
    }
}
""",
    ),
    "print_texts": Helper(
        ("print_words", "print_texts", "show_words"),
        ("stdio",),
        """
void NAME(char **words, int n, const char *separator) {
    for (int i = 0; i < n; i++) {
        printf("%s%s", i > 0 ? separator : "", words[i]);
    }
}
""",
    ),
    "join_ints": Helper(
        ("join", "join_ints"),
        ("stdlib",),
        """
char *NAME(const int *values, int n, const char *separator) {
    char *result = calloc(1, 1);
    for (int i = 0; i < n; i++) {
        result = @append_text(result, @format("%s%d", i > 0 ? separator : "", values[i]));
    }
    return result;
}
""",
    ),
    "join_texts": Helper(
        ("join", "join_words"),
        ("stdlib",),
        """
char *NAME(char **words, int n, const char *separator) {
    char *result = calloc(1, 1);
    for (int i = 0; i < n; i++) {
        result = @append_text(result, @format("%s%s", i > 0 ? separator : "", words[i]));
    }
    return result;
}
""",
    ),
}
