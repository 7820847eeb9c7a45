import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Runs one program, any number of times, each time from fresh classes: what a JVM per test would do, for one start of it.
 *
 * <p>It reads the limit of output and the program's classes, then one frame of standard input for each run. After each run it
 * answers: how it ended (one letter), whether threads are left (one byte), standard output, standard error. A program that
 * calls {@code System.exit} is answered for while the JVM goes down.
 */
final class RunHost {
    private static final long STACK = 64L << 20;
    private static final int ERROR_LIMIT = 1 << 16;

    private final DataOutputStream answers;
    private final int outputLimit;
    private final Map<String, byte[]> classes;
    private Captured out;
    private Captured err;
    private boolean answered = true;

    private RunHost(DataOutputStream answers, int outputLimit, Map<String, byte[]> classes) {
        this.answers = answers;
        this.outputLimit = outputLimit;
        this.classes = classes;
    }

    public static void main(String[] arguments) throws IOException {
        DataInputStream requests = new DataInputStream(new FileInputStream(FileDescriptor.in));
        DataOutputStream answers = new DataOutputStream(new FileOutputStream(FileDescriptor.out));
        answers.write('H');
        try {
            int outputLimit = requests.readInt();
            RunHost host = new RunHost(answers, outputLimit, readClasses(requests));
            Runtime.getRuntime().addShutdownHook(new Thread(host::exiting));
            while (true) {
                byte[] input = new byte[requests.readInt()];
                requests.readFully(input);
                host.run(input);
            }
        } catch (EOFException end) {
            Runtime.getRuntime().halt(0);
        }
    }

    private static Map<String, byte[]> readClasses(DataInputStream requests) throws IOException {
        Map<String, byte[]> classes = new LinkedHashMap<>();
        requests.readInt();
        for (int left = requests.readInt(); left > 0; left--) {
            String name = requests.readUTF();
            byte[] code = new byte[requests.readInt()];
            requests.readFully(code);
            classes.put(name, code);
        }
        return classes;
    }

    private void run(byte[] input) {
        synchronized (this) {
            out = new Captured(outputLimit, outputLimit);
            err = new Captured(ERROR_LIMIT, outputLimit + (long) ERROR_LIMIT);
            answered = false;
        }
        System.setIn(new ByteArrayInputStream(input));
        System.setOut(new PrintStream(out, false, StandardCharsets.UTF_8));
        System.setErr(new PrintStream(err, true, StandardCharsets.UTF_8));
        ThreadGroup group = new ThreadGroup("program");
        boolean[] failed = {false};
        Thread main = new Thread(group, () -> failed[0] = !callMain(), "main", STACK);
        main.start();
        join(main);
        Thread[] left = new Thread[group.activeCount() + 16];
        int threads = group.enumerate(left);
        for (int i = 0; i < threads; i++) {
            if (!left[i].isDaemon()) {
                join(left[i]);
            }
        }
        boolean dirty = group.activeCount() > 0;
        answer(failed[0] ? 'X' : 'R', dirty);
    }

    private static void join(Thread thread) {
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException again) {
                continue;
            }
        }
    }

    /** Calls the program's main method as the launcher does, and returns whether it came back. */
    private boolean callMain() {
        try {
            Method method = findMain(new Classes(classes));
            if (method == null) {
                System.err.println("error: no class has a main method: public static void main(String[] args)");
                return false;
            }
            method.setAccessible(true);
            method.invoke(null, (Object) new String[0]);
            return true;
        } catch (InvocationTargetException thrown) {
            report(thrown.getCause());
        } catch (Throwable thrown) {
            report(thrown);
        }
        return false;
    }

    private static void report(Throwable thrown) {
        try {
            System.err.print("Exception in thread \"main\" ");
            thrown.printStackTrace();
        } catch (Throwable again) {
            System.err.println(thrown.getClass().getName());
        }
    }

    private Method findMain(Classes loader) throws ReflectiveOperationException {
        Method found = null;
        for (String name : classes.keySet()) {
            if (found != null && !name.equals("Main")) {
                continue;
            }
            Class<?> type = Class.forName(name, false, loader);
            for (Method method : type.getDeclaredMethods()) {
                boolean launchable = method.getName().equals("main")
                        && Modifier.isPublic(method.getModifiers()) && Modifier.isStatic(method.getModifiers())
                        && method.getReturnType() == void.class
                        && method.getParameterCount() == 1 && method.getParameterTypes()[0] == String[].class;
                if (launchable) {
                    found = method;
                }
            }
        }
        return found;
    }

    /** Runs when the JVM goes down: a program that exits has written something, too. */
    private void exiting() {
        answer('E', true);
    }

    private synchronized void answer(char end, boolean dirty) {
        if (answered) {
            return;
        }
        if (end != 'O') {
            System.out.flush();
            System.err.flush();
        }
        answered = true;
        try {
            ByteArrayOutputStream frame = new ByteArrayOutputStream();
            DataOutputStream fields = new DataOutputStream(frame);
            fields.write(end);
            fields.writeBoolean(dirty);
            for (Captured stream : List.of(out, err)) {
                fields.writeInt(stream.kept.size());
                stream.kept.writeTo(fields);
            }
            answers.write(frame.toByteArray());
            answers.flush();
        } catch (IOException gone) {
            Runtime.getRuntime().halt(1);
        }
    }

    /** What a program writes: kept up to a limit; the program that writes a flood is ended. */
    private final class Captured extends OutputStream {
        private final ByteArrayOutputStream kept = new ByteArrayOutputStream();
        private final int limit;
        private final long flood;
        private long written;

        Captured(int limit, long flood) {
            this.limit = limit;
            this.flood = flood;
        }

        @Override
        public void write(int b) {
            write(new byte[] {(byte) b}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int from, int count) {
            synchronized (RunHost.this) {
                kept.write(bytes, from, Math.max(0, Math.min(count, limit - kept.size())));
                written += count;
                if (written > flood) {
                    answer('O', true);
                    Runtime.getRuntime().halt(0);
                }
            }
        }
    }

    /** The program's classes, and the platform's: nothing of this class's own. */
    private static final class Classes extends ClassLoader {
        private final Map<String, byte[]> classes;

        Classes(Map<String, byte[]> classes) {
            super(ClassLoader.getPlatformClassLoader());
            this.classes = new LinkedHashMap<>(classes);
            setDefaultAssertionStatus(true);
        }

        @Override
        protected Class<?> findClass(String name) throws ClassNotFoundException {
            byte[] code = classes.remove(name); // a program that asks for its loader finds no code in it
            if (code == null) {
                throw new ClassNotFoundException(name);
            }
            return defineClass(name, code, 0, code.length);
        }
    }
}
