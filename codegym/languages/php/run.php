<?php

// Runs a program and proves that it ran to its end.
//
//     php -n <settings> -d auto_append_file=/folder/program.php run.php <input
//
// The engine runs the program after this script, as if it had been named on the command line: in the global scope, on
// an empty call stack. File descriptor 3 is a pipe that holds one line, the marker. Where that is not empty, it is
// written to file descriptor 4 when the program's last line has been passed, and in no other case.
//
// For that the program is compiled from memory, with a last statement that writes the marker. The program cannot know
// it: this text is in no file, and when the program begins to run it is gone from memory, but for the code itself.
// After an `exit`, a fatal error, an early `return` at the top level or a `__halt_compiler()` that statement does not
// run. A program that leaves PHP for text to be printed after it has begun gets none: a test that is appended to
// such a program would be printed instead of run.

(static function (string $program): void {
    $GLOBALS['argv'][0] = $_SERVER['argv'][0] = $program;
    foreach (['PHP_SELF', 'SCRIPT_NAME', 'SCRIPT_FILENAME', 'PATH_TRANSLATED'] as $name) {
        $_SERVER[$name] = $program;
    }
    $marker = trim((string) @file_get_contents('php://fd/3'));
    $source = file_get_contents($program);
    if ($marker === '' || $source === false) {
        return;
    }
    @unlink($program); // it holds the test, and what that expects
    $tokens = token_get_all($source);
    $code = $begun = $braces = $unprovable = false;
    foreach ($tokens as $index => [$kind, $text]) {
        if ($kind === T_OPEN_TAG || $kind === T_OPEN_TAG_WITH_ECHO) {
            $code = $begun = true;
        } elseif ($kind === T_CLOSE_TAG) {
            $code = false;
        } elseif ($kind === T_HALT_COMPILER || ($kind === T_INLINE_HTML && $begun && trim($text) !== '')) {
            $unprovable = true;
        } elseif ($kind === T_NAMESPACE) {
            while (!in_array($tokens[$index], [';', '{'], true) && $tokens[$index][0] !== T_CLOSE_TAG) {
                $index++;
            }
            $braces = $tokens[$index] === '{';
        }
    }
    if (!$unprovable) {
        $statement = "@\\file_put_contents('php://fd/4', " . var_export($marker, true) . ');';
        $source .= ($code ? "\n" : '<?php ') . ($braces ? "namespace { $statement }" : $statement);
    }

    $file = new class {
        public static string $text = '';
        /** @var resource|null */
        public $context;
        private int $position = 0;

        public function stream_open(): bool
        {
            return true;
        }

        /** @return array{size: int} */
        public function stream_stat(): array
        {
            return ['size' => strlen(self::$text)];
        }

        public function stream_set_option(): bool
        {
            return false;
        }

        public function stream_read(int $count): string
        {
            $part = substr(self::$text, $this->position, $count);
            $this->position += strlen($part);
            if (self::$text !== '' && $this->position === strlen(self::$text)) { // read, and not yet running
                self::$text = '';
                $this->position = 0;
                stream_wrapper_restore('file');
            }
            return $part;
        }

        public function stream_eof(): bool
        {
            return $this->position >= strlen(self::$text);
        }
    };
    $file::$text = $source;
    stream_wrapper_unregister('file');
    stream_wrapper_register('file', $file::class);
})(ini_get('auto_append_file'));
