import com.sun.tools.javac.api.JavacTaskImpl;
import com.sun.tools.javac.api.JavacTaskPool;
import com.sun.tools.javac.api.JavacTool;
import com.sun.tools.javac.main.Main.Result;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.FileInputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.StringWriter;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;
import java.nio.CharBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.SynchronousQueue;
import javax.tools.Diagnostic;
import javax.tools.DiagnosticListener;
import javax.tools.FileObject;
import javax.tools.ForwardingJavaFileManager;
import javax.tools.JavaFileManager;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.StandardJavaFileManager;
import javax.tools.StandardLocation;

/**
 * The warm Java compiler: one JVM that speaks the protocol of {@code codegym.judge.workers}.
 *
 * <p>Programs are compiled in full, class files included, in memory. The compiler's context is kept
 * from one program to the next, which is what makes it fast; a program that leaves the context in doubt (a crash, or
 * an error in generating class files, after which the context refuses every program) gets its verdict from a new one.
 */
final class CompileWorker {
    private static final List<String> OPTIONS =
            List.of("-proc:none", "-implicit:none", "-nowarn", "-Xlint:none");

    private static final int DIAGNOSTICS_KEPT = 20;
    private static final int MESSAGE_LIMIT = 1_000;

    private final JavaFileManager files;
    private JavacTaskPool pool = new JavacTaskPool(1);
    private ProgramFile accepted;

    private CompileWorker() {
        StandardJavaFileManager platform =
                JavacTool.create().getStandardFileManager(null, Locale.ROOT, StandardCharsets.UTF_8);
        files = new PlatformClassesOnly(platform);
    }

    public static void main(String[] arguments) throws Exception {
        DataOutputStream answers = new DataOutputStream(new FileOutputStream(FileDescriptor.out));
        System.setOut(new PrintStream(OutputStream.nullOutputStream()));
        CompileWorker worker = new CompileWorker();
        worker.compile("public class Main { public static void main(String[] a) { System.out.println(a); } }");
        send(answers, "{\"protocol\": 2}".getBytes(StandardCharsets.UTF_8));

        BlockingQueue<byte[]> programs = new SynchronousQueue<>();
        Thread reader = new Thread(() -> readPrograms(programs), "reader");
        reader.setDaemon(true);
        reader.start();
        while (true) {
            byte[] request = programs.take();
            byte[] program = Arrays.copyOfRange(request, Math.min(1, request.length), request.length);
            send(answers, worker.answer(program).getBytes(StandardCharsets.UTF_8));
            if (request.length > 0 && request[0] == 'B') {
                send(answers, worker.artifact());
            }
        }
    }

    /** Hands over program after program. The end of the input ends the JVM, whatever it is compiling. */
    private static void readPrograms(BlockingQueue<byte[]> programs) {
        try {
            DataInputStream requests = new DataInputStream(new FileInputStream(FileDescriptor.in));
            while (true) {
                byte[] program = new byte[requests.readInt()];
                requests.readFully(program);
                programs.put(program);
            }
        } catch (EOFException end) {
            Runtime.getRuntime().halt(0);
        } catch (Throwable failure) {
            failure.printStackTrace();
            Runtime.getRuntime().halt(1);
        }
    }

    private static void send(DataOutputStream answers, byte[] answer) throws IOException {
        byte[] frame = ByteBuffer.allocate(4 + answer.length).putInt(answer.length).put(answer).array();
        answers.write(frame);
        answers.flush();
    }

    private String answer(byte[] program) {
        accepted = null;
        CharBuffer text = CharBuffer.allocate(program.length + 1);
        CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder();
        ByteBuffer bytes = ByteBuffer.wrap(program);
        CoderResult decoded = decoder.decode(bytes, text, true);
        String source = text.flip().toString();
        if (decoded.isError()) {
            String message = String.format("unmappable character (0x%02X) for encoding UTF-8", bytes.get());
            return json("error", List.of(diagnostic(
                    source, source.length(), message, "compiler.err.illegal.char.for.encoding")));
        }
        return compile(source);
    }

    private String compile(String source) {
        Attempt attempt = new Attempt(source);
        try {
            attempt.result = pool.getTask(
                    attempt.messages, files, attempt, OPTIONS, null, List.of(attempt.program),
                    task -> ((JavacTaskImpl) task).doCall());
        } catch (RuntimeException | Error crash) {
            attempt.crash = crash.toString();
        }
        if (attempt.leavesContextInDoubt()) {
            pool = new JavacTaskPool(1);
            attempt = new Attempt(source);
            try {
                attempt.result = ((JavacTaskImpl) JavacTool.create().getTask(
                        attempt.messages, files, attempt, OPTIONS, null, List.of(attempt.program))).doCall();
            } catch (RuntimeException | Error crash) {
                attempt.crash = crash.toString();
            }
        }
        if (attempt.result == Result.OK) {
            accepted = attempt.program;
        }
        return attempt.answer();
    }

    /** Returns the class files of the program that was just accepted, in the order in which they were generated. */
    private byte[] artifact() throws IOException {
        if (accepted == null) {
            return new byte[0];
        }
        ByteArrayOutputStream artifact = new ByteArrayOutputStream();
        DataOutputStream fields = new DataOutputStream(artifact);
        fields.writeInt(accepted.classes.size());
        for (ClassFile file : accepted.classes) {
            fields.writeUTF(file.className);
            fields.writeInt(file.code.size());
            file.code.writeTo(fields);
        }
        return artifact.toByteArray();
    }

    /** One program on its way through the compiler. */
    private static final class Attempt implements DiagnosticListener<JavaFileObject> {
        final ProgramFile program;
        final StringWriter messages = new StringWriter();
        final List<String> diagnostics = new ArrayList<>();
        Result result = Result.ABNORMAL;
        String crash = "";
        boolean limit;

        Attempt(String source) {
            program = new ProgramFile(source);
        }

        @Override
        public void report(Diagnostic<? extends JavaFileObject> entry) {
            if (entry.getKind() != Diagnostic.Kind.ERROR) {
                return;
            }
            limit |= entry.getCode().startsWith("compiler.err.limit");
            if (diagnostics.size() < DIAGNOSTICS_KEPT) {
                diagnostics.add(diagnostic(
                        program.source, entry.getPosition(), entry.getMessage(Locale.ROOT), entry.getCode()));
            }
        }

        boolean leavesContextInDoubt() {
            return limit || (result != Result.OK && result != Result.ERROR);
        }

        String answer() {
            if (result == Result.OK) {
                return json("ok", List.of());
            }
            if (diagnostics.isEmpty()) {
                String cause = crash.isEmpty() ? messages.toString().strip() : crash;
                if (cause.contains("java.lang.OutOfMemoryError")) {
                    return json("memory_limit", List.of());
                }
                String message = cause.contains("java.lang.StackOverflowError")
                        ? "The program is nested too deeply for the compiler."
                        : "The compiler crashed: " + cause;
                diagnostics.add(diagnostic("", -1, message, "crash"));
            }
            return json("error", diagnostics);
        }
    }

    /** The program, in memory, in a file that is named as its first public class wants it. */
    private static final class ProgramFile extends SimpleJavaFileObject {
        final String source;
        final List<ClassFile> classes = new ArrayList<>();
        private String publicClass;

        ProgramFile(String source) {
            super(URI.create("memory:///Main.java"), Kind.SOURCE);
            this.source = source;
        }

        @Override
        public CharSequence getCharContent(boolean ignoreEncodingErrors) {
            return source;
        }

        @Override
        public boolean isNameCompatible(String simpleName, Kind kind) {
            if (kind != Kind.SOURCE || simpleName.equals("package-info") || simpleName.equals("module-info")) {
                return false;
            }
            if (publicClass == null) {
                publicClass = simpleName;
            }
            return simpleName.equals(publicClass);
        }
    }

    /** The platform's classes and nothing else: not the worker's own, and no class that was just generated. */
    private static final class PlatformClassesOnly extends ForwardingJavaFileManager<StandardJavaFileManager> {
        PlatformClassesOnly(StandardJavaFileManager platform) {
            super(platform);
            try {
                platform.setLocation(StandardLocation.CLASS_PATH, List.of());
                platform.setLocation(StandardLocation.SOURCE_PATH, List.of());
            } catch (IOException impossible) {
                throw new IllegalStateException(impossible);
            }
        }

        @Override
        public JavaFileObject getJavaFileForOutput(
                Location location, String className, JavaFileObject.Kind kind, FileObject sibling) {
            ClassFile file = new ClassFile(className);
            if (sibling instanceof ProgramFile) {
                ((ProgramFile) sibling).classes.add(file);
            }
            return file;
        }

        @Override
        public boolean isSameFile(FileObject one, FileObject other) {
            return one.equals(other);
        }
    }

    /** A class file, in memory. */
    private static final class ClassFile extends SimpleJavaFileObject {
        final String className;
        final ByteArrayOutputStream code = new ByteArrayOutputStream();

        ClassFile(String className) {
            super(URI.create("memory:///Generated.class"), Kind.CLASS);
            this.className = className;
        }

        @Override
        public OutputStream openOutputStream() {
            return code;
        }
    }

    private static String json(String status, List<String> diagnostics) {
        return "{\"ok\": " + status.equals("ok") + ", \"status\": \"" + status + "\", \"diagnostics\": ["
                + String.join(", ", diagnostics) + "]}";
    }

    /** One diagnostic in JSON; the position is an offset in the source, negative where there is none. */
    private static String diagnostic(String source, long position, String message, String code) {
        int line = 0;
        int column = 0;
        if (position >= 0) {
            int end = (int) Math.min(position, source.length());
            int start = 0;
            line = 1;
            for (int i = 0; i < end; i++) {
                char c = source.charAt(i);
                boolean pair = c == '\r' && i + 1 < source.length() && source.charAt(i + 1) == '\n';
                if ((c == '\n' || c == '\r') && !pair) {
                    line++;
                    start = i + 1;
                }
            }
            column = source.codePointCount(start, end) + 1;
        }
        return "{\"line\": " + line + ", \"column\": " + column + ", \"severity\": \"error\", \"message\": "
                + quote(message) + ", \"code\": " + quote(code) + "}";
    }

    private static String quote(String text) {
        StringBuilder quoted = new StringBuilder("\"");
        for (char c : text.substring(0, Math.min(text.length(), MESSAGE_LIMIT)).toCharArray()) {
            if (c == '"' || c == '\\') {
                quoted.append('\\').append(c);
            } else if (c < ' ' || c > '~') {
                quoted.append(String.format("\\u%04x", (int) c));
            } else {
                quoted.append(c);
            }
        }
        return quoted.append('"').toString();
    }
}
