using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;

namespace Warm
{
    interface IShape { double Area(); }

    abstract class Shape : IShape
    {
        protected readonly string name;
        public string Name { get { return name; } }
        public int Count { get; set; }
        protected Shape(string name) { this.name = name; }
        public abstract double Area();
        public override string ToString() { return string.Format("{0}: {1:F2}", name, Area()); }
    }

    sealed class Square : Shape
    {
        double side;
        public Square(double side) : base("square") { this.side = side; }
        public override double Area() => side * side;
        public static Square operator +(Square a, Square b) { return new Square(a.side + b.side); }
    }

    struct Point { public int X, Y; public Point(int x, int y) { X = x; Y = y; } }

    enum Colour { Red, Green = 4, Blue }

    class Node<T> where T : IComparable<T>
    {
        public T Value;
        public Node<T> Left, Right;
        public void Add(T value)
        {
            if (value.CompareTo(Value) < 0) { if (Left == null) Left = new Node<T> { Value = value }; else Left.Add(value); }
            else { if (Right == null) Right = new Node<T> { Value = value }; else Right.Add(value); }
        }
        public IEnumerable<T> All()
        {
            if (Left != null) foreach (var v in Left.All()) yield return v;
            yield return Value;
            if (Right != null) foreach (var v in Right.All()) yield return v;
        }
    }

    static class Extensions { public static int Twice(this int value) { return value * 2; } }

    public class Program
    {
        const int Limit = 10;
        static readonly Dictionary<string, int> counts = new Dictionary<string, int>();
        delegate int Operation(int a, int b);

        static int Fibonacci(int n) { return n < 2 ? n : Fibonacci(n - 1) + Fibonacci(n - 2); }
        static void Swap<T>(ref T a, ref T b) { T t = a; a = b; b = t; }
        static bool Half(int n, out int half) { half = n / 2; return n % 2 == 0; }
        static long Sum(params long[] values) { long s = 0; foreach (long v in values) s += v; return s; }
        static (int, string) Pair(int n) { return (n, n.ToString()); }

        public static void Main(string[] args)
        {
            int[] numbers = { 3, 1, 2 };
            int[,] grid = new int[3, 3];
            int[][] rows = new int[2][];
            var list = new List<int> { 1, 2, 3 };
            for (int i = 0; i < Limit; i++) { if (i == 2) continue; if (i > 5) break; list.Add(i * i); grid[i % 3, 1] += i; }
            int k = 0;
            while (k < 3) { k++; }
            do { k--; } while (k > 0);
            switch (k) { case 0: Console.WriteLine("zero"); break; case 1: goto default; default: break; }
            string text = "a b c";
            switch (text) { case "a": break; case "b": k = 2; break; case "c": case "d": k = 3; break; case "e": break;
                            case "f": break; case "g": break; case "h": break; }
            foreach (string word in text.Split(' ')) { int c; counts[word] = counts.TryGetValue(word, out c) ? c + 1 : 1; }
            var squares = list.Where(x => x % 2 == 0).Select(x => new { x, Square = x * x }).OrderBy(p => p.Square).ToList();
            var query = from n in numbers where n > 1 orderby n descending select n.Twice();
            Func<int, int> add = x => x + k;
            Action<string> print = delegate(string s) { Console.Write(s + "\n"); };
            Operation op = (a, b) => a * b;
            print($"{add(2)} {op(2, 3):D2} {squares.Count} {string.Join(",", query)}");
            try { checked { int big = int.MaxValue; big += list.Count; } }
            catch (OverflowException e) when (e.Message != null) { Console.WriteLine(e.Message); }
            catch { throw; }
            finally { k = -1; }
            using (var writer = new System.IO.StringWriter()) { writer.Write('x'); }
            object boxed = 5;
            int? maybe = boxed as int?;
            if (boxed is int number && number > 3) k = maybe ?? 0;
            string missing = null;
            int length = missing?.Length ?? 0;
            var builder = new StringBuilder();
            builder.Append(1).Append('c').AppendLine(1.5.ToString());
            var (first, second) = Pair(3);
            lock (builder) { k = ((int) 3.7) << 2 ^ 1 | ~k & 0xff; }
            int half;
            Swap(ref numbers[0], ref numbers[1]);
            bool even = Half(4, out half) && !(half >= 2) || k != 0;
            decimal money = 1.5m; float f = 1f; double d = Math.Sqrt(2.0) / 3; char ch = (char) ('a' + 1); uint u = 3u; byte by = 255;
            long total = Sum(1, 2, 3L) + (long) d + u + by + (long) money + (long) f + ch;
            var root = new Node<int> { Value = 2 };
            root.Add(1);
            Console.WriteLine(total + " " + even + root.All().Max() + Colour.Blue + new Square(2) + typeof(Point).Name);
            Array.Sort(numbers, (a, b) => b.CompareTo(a));
            var set = new HashSet<int>(numbers); var queue = new Queue<int>(); var stack = new Stack<string>();
            var sorted = new SortedDictionary<int, List<string>> { { 1, new List<string>() } };
            foreach (KeyValuePair<int, List<string>> pair in sorted) { pair.Value.Add("v"); }
            if (args.Length > 0 && set.Contains(int.Parse(args[0]))) throw new ArgumentException(nameof(args));
            string line;
            while ((line = Console.ReadLine()) != null) { queue.Enqueue(line.Length); stack.Push(line.Trim()); }
            Environment.Exit(queue.Count);
        }
    }
}