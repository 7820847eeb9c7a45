<?php

// The warm PHP compiler. It speaks the compile protocol of `codegym.judge.workers`.
//
//     php -n <settings> compile_worker.php <the options under which programs are compiled>
//
// The verdict is that of `php -n <options> -l program.php`, but for one thing: what stands outside of PHP's tags or
// behind `__halt_compiler()` is text to PHP, which accepts all of it; here it is no program, unless it is white space
// or a line that names the interpreter. Each program is compiled in a forked child by the same engine call, that of
// `include`, from a stream whose end the engine announces when the program is compiled and has not begun to run: there
// the child ends. No program runs, and none sees another. Where a child ends in any other way than with a verdict (a
// crash, no memory left), the command itself is asked.
//
// Nothing here has a name that a program could declare again: there are closures and anonymous classes only.

declare(strict_types=1);

(new class (array_slice($argv, 1)) {
    private const MESSAGE_LIMIT = 1_000;
    private const DIAGNOSTICS_KEPT = 20;
    private const MEMORY_LIMIT = '128M'; // that of PHP without a php.ini
    private const FILE = 'program.php';
    private const URL = 'program://program.php';
    private const KINDS = [E_ERROR => 'E_ERROR', E_PARSE => 'E_PARSE', E_CORE_ERROR => 'E_CORE_ERROR',
        E_COMPILE_ERROR => 'E_COMPILE_ERROR', E_RECOVERABLE_ERROR => 'E_RECOVERABLE_ERROR'];

    private readonly object $source;
    private readonly bool $forks;

    /** @param list<string> $options */
    public function __construct(private readonly array $options)
    {
        $this->forks = function_exists('pcntl_fork') && function_exists('posix_kill');
        $this->source = new class {
            public static string $text = '';
            public static ?Closure $compiled = null;
            public mixed $context = null;
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
                return $part;
            }

            public function stream_eof(): bool
            {
                return $this->position >= strlen(self::$text);
            }

            public function stream_close(): void
            {
                (self::$compiled)();
            }
        };
        stream_wrapper_register('program', $this->source::class);
        stream_set_read_buffer(STDIN, 0);
    }

    public function main(): void
    {
        foreach (['<?php function f(int $x): int { return $x + 1; } echo f(1), "\n";', '<?php f('] as $program) {
            $this->verdict($program);
        }
        gc_disable();
        $this->send(STDOUT, '{"protocol": 2}');
        while (($header = $this->receive(4)) !== null) {
            $request = $this->receive(unpack('N', $header)[1]);
            if ($request === null || $request === '') {
                exit(1);
            }
            $verdict = $this->verdict(substr($request, 1));
            $this->send(STDOUT, json_encode($verdict, JSON_THROW_ON_ERROR | JSON_INVALID_UTF8_SUBSTITUTE));
            if ($request[0] === 'B') {
                $this->send(STDOUT, $verdict['ok'] ? substr($request, 1) : '');
            }
        }
    }

    /** @return array<string, mixed> */
    private function verdict(string $program): array
    {
        $verdict = $this->compiled($program);
        $line = $verdict['ok'] ? $this->lineOfText($program) : null;
        return $line === null ? $verdict
            : $this->rejected($this->diagnostic('text outside of PHP\'s tags is no program', 'TEXT', $line));
    }

    /** Returns the line of the first text outside of PHP's tags, if there is any. */
    private function lineOfText(string $program): ?int
    {
        $opens = preg_match('/^\s*(?:<\?php\s|$)/Di', substr($program, 0, 4_096)) === 1;
        if ($opens && !str_contains($program, '?>') && stripos($program, '__halt_compiler') === false) {
            return null; // there is no need to look closer
        }
        if (!function_exists('token_get_all')) {
            return str_contains($program, '<?') || trim($program) === '' ? null : 1;
        }
        foreach (token_get_all($program) as $place => $token) {
            if ($token[0] === T_INLINE_HTML) {
                $text = $place === 0 ? preg_replace('/^#!.*/', '', $token[1]) : $token[1];
                if (trim($text) !== '') {
                    return $token[2];
                }
            }
        }
        return null;
    }

    /** @return array<string, mixed> */
    private function compiled(string $program): array
    {
        // The worker has loaded posix to end its children, whether programs are compiled with it or not.
        if ($this->forks && stripos($program, 'posix_') === false) {
            return $this->warmVerdict($program) ?? $this->coldVerdict($program);
        }
        return $this->coldVerdict($program);
    }

    /** @return array<string, mixed>|null */
    private function warmVerdict(string $program): ?array
    {
        [$reader, $writer] = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
        $child = pcntl_fork();
        if ($child === -1) {
            fwrite(STDERR, "no child process: " . pcntl_strerror(pcntl_get_last_error()) . "\n");
            exit(1);
        }
        if ($child === 0) {
            $this->compile($program, $writer);
        }
        fclose($writer);
        $answer = '';
        while (true) {
            $ready = [$reader, STDIN];
            $none = null;
            if (stream_select($ready, $none, $none, null) === false) {
                continue;
            }
            if (in_array(STDIN, $ready, true)) { // its end: a judge sends nothing before it has an answer
                posix_kill($child, SIGKILL);
                exit(0);
            }
            $part = fread($reader, 65_536);
            if ($part === '' || $part === false) {
                break;
            }
            $answer .= $part;
        }
        fclose($reader);
        pcntl_waitpid($child, $status);
        $verdict = json_decode($answer, true);
        return is_array($verdict) ? $verdict : null;
    }

    /**
     * Compiles a program in the child that this is, says how it went, and ends.
     *
     * @param resource $writer
     */
    private function compile(string $program, $writer): never
    {
        $say = static function (?array $verdict) use ($writer): never {
            if ($verdict !== null) {
                fwrite($writer, json_encode($verdict, JSON_INVALID_UTF8_SUBSTITUTE));
                fflush($writer);
            }
            posix_kill(getmypid(), SIGKILL); // faster than an orderly end
            exit;
        };
        ini_set('display_errors', '0');
        ini_set('memory_limit', self::MEMORY_LIMIT);
        $this->source::$text = $program;
        $this->source::$compiled = fn () => $say($this->accepted());
        register_shutdown_function(function () use ($say): void {
            $error = error_get_last();
            $ordinary = $error !== null && isset(self::KINDS[$error['type']]) && !$this->outOfMemory($error['message']);
            $say($ordinary ? $this->rejected(
                $this->diagnostic($error['message'], self::KINDS[$error['type']], $error['line'])) : null);
        });
        try {
            include self::URL;
        } catch (Throwable $error) {
            $say($this->rejected($this->diagnostic($error->getMessage(), $error::class, $error->getLine())));
        }
        $say(null);
    }

    /** @return array<string, mixed> */
    private function coldVerdict(string $program): array
    {
        file_put_contents(self::FILE, $program);
        $command = [PHP_BINARY, '-n', ...$this->options, '-d', 'display_errors=1', '-d', 'log_errors=0',
            '-d', 'html_errors=0', '-l', self::FILE];
        $process = proc_open($command, [['file', '/dev/null', 'r'], ['pipe', 'w'], ['redirect', 1]], $pipes);
        if ($process === false) {
            exit(1);
        }
        $output = '';
        while (true) {
            $ready = [$pipes[1], STDIN];
            $none = null;
            if (stream_select($ready, $none, $none, null) === false) {
                continue;
            }
            if (in_array(STDIN, $ready, true)) {
                proc_terminate($process, 9);
                exit(0);
            }
            $part = fread($pipes[1], 65_536);
            if ($part === '' || $part === false) {
                break;
            }
            $output = substr($output . $part, 0, 1 << 20);
        }
        do {
            $status = proc_get_status($process);
        } while ($status['running'] && usleep(200) === null);
        fclose($pipes[1]);
        proc_close($process);
        unlink(self::FILE);
        return $this->verdictOfCommand($status, $output);
    }

    /**
     * @param array<string, mixed> $status
     * @return array<string, mixed>
     */
    private function verdictOfCommand(array $status, string $output): array
    {
        if ($status['signaled']) {
            return match ($status['termsig']) {
                9 => exit(1), // somebody's doing, not the program's
                24 => ['ok' => false, 'status' => 'time_limit', 'diagnostics' => []],
                default => $this->rejected(
                    $this->diagnostic("The compiler crashed (signal {$status['termsig']}).", 'crash')),
            };
        }
        if ($status['exitcode'] === 0) {
            return $this->accepted();
        }
        if ($this->outOfMemory($output)) {
            return ['ok' => false, 'status' => 'memory_limit', 'diagnostics' => []];
        }
        $pattern = '/^(?:PHP )?(Parse|Fatal) error: +(.*) in ' . preg_quote(self::FILE) . ' on line (\d+)$/ms';
        if (preg_match_all($pattern, $output, $errors, PREG_SET_ORDER) === 0) {
            return $this->rejected($this->diagnostic(trim($output), 'E_ERROR'));
        }
        return $this->rejected(...array_map(
            fn (array $error) => $this->diagnostic(
                $error[2], $error[1] === 'Parse' ? 'ParseError' : 'E_COMPILE_ERROR', (int) $error[3]),
            array_slice($errors, 0, self::DIAGNOSTICS_KEPT)));
    }

    private function outOfMemory(string $message): bool
    {
        // "Hard memory limit" is Debian's: twice the ordinary limit, and the end of the process.
        return preg_match('/memory (?:size|limit) of \d+ bytes exhausted|Out of memory/', $message) === 1;
    }

    /** @return array<string, mixed> */
    private function accepted(): array
    {
        return ['ok' => true, 'status' => 'ok', 'diagnostics' => []];
    }

    /** @return array<string, mixed> */
    private function rejected(array ...$diagnostics): array
    {
        return ['ok' => false, 'status' => 'error', 'diagnostics' => $diagnostics];
    }

    /** @return array<string, mixed> */
    private function diagnostic(string $message, string $code, int $line = 0): array
    {
        return ['line' => max(0, $line), 'column' => 0, 'severity' => 'error',
            'message' => substr(str_replace(self::URL, self::FILE, $message), 0, self::MESSAGE_LIMIT), 'code' => $code];
    }

    private function receive(int $count): ?string
    {
        $received = '';
        while (strlen($received) < $count) {
            $part = fread(STDIN, $count - strlen($received));
            if ($part === '' || $part === false) {
                return null;
            }
            $received .= $part;
        }
        return $received;
    }

    /** @param resource $stream */
    private function send($stream, string $frame): void
    {
        $unsent = pack('N', strlen($frame)) . $frame;
        while ($unsent !== '') {
            $count = fwrite($stream, $unsent);
            if ($count === false) {
                exit(1);
            }
            $unsent = substr($unsent, $count);
        }
        fflush($stream);
    }
})->main();
