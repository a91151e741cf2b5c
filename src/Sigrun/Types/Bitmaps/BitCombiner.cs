using System.Numerics;
using System.Runtime.InteropServices;

namespace Sigrun.Types.Bitmaps;

/// <summary>How BITOP combines strings.</summary>
internal enum BitOperation
{
    /// <summary>Bits that are set in all.</summary>
    And,

    /// <summary>Bits that are set in any.</summary>
    Or,

    /// <summary>Bits that are set in an odd number.</summary>
    Xor,

    /// <summary>Bits that are not set in the only one.</summary>
    Not,
}

/// <summary>Combines byte strings bit by bit with the widest vectors there are.</summary>
internal static class BitCombiner
{
    private interface IKernel
    {
        static abstract Vector<ulong> Combine(Vector<ulong> left, Vector<ulong> right);

        static abstract byte Combine(byte left, byte right);
    }

    /// <summary>
    /// Combines a string into the target, which has at least its length; it counts as zeros beyond its end.
    /// </summary>
    public static void Into(BitOperation operation, Span<byte> target, ReadOnlySpan<byte> source)
    {
        if (operation == BitOperation.Or) Combine<OrKernel>(target, source);
        else if (operation == BitOperation.Xor) Combine<XorKernel>(target, source);
        else Combine<AndKernel>(target, source);
        if (operation == BitOperation.And) target[source.Length..].Clear();
    }

    /// <summary>Inverts every bit.</summary>
    public static void Invert(Span<byte> target)
    {
        Span<Vector<ulong>> vectors = MemoryMarshal.Cast<byte, Vector<ulong>>(target);
        foreach (ref Vector<ulong> vector in vectors) vector = ~vector;
        foreach (ref byte b in target[(vectors.Length * Vector<byte>.Count)..]) b = (byte)~b;
    }

    private static void Combine<TKernel>(Span<byte> target, ReadOnlySpan<byte> source) where TKernel : struct, IKernel
    {
        target = target[..source.Length];
        Span<Vector<ulong>> targets = MemoryMarshal.Cast<byte, Vector<ulong>>(target);
        ReadOnlySpan<Vector<ulong>> sources = MemoryMarshal.Cast<byte, Vector<ulong>>(source)[..targets.Length];
        for (int i = 0; i < targets.Length; i++) targets[i] = TKernel.Combine(targets[i], sources[i]);
        for (int i = targets.Length * Vector<byte>.Count; i < target.Length; i++) target[i] = TKernel.Combine(target[i], source[i]);
    }

    private readonly struct AndKernel : IKernel
    {
        public static Vector<ulong> Combine(Vector<ulong> left, Vector<ulong> right) => left & right;

        public static byte Combine(byte left, byte right) => (byte)(left & right);
    }

    private readonly struct OrKernel : IKernel
    {
        public static Vector<ulong> Combine(Vector<ulong> left, Vector<ulong> right) => left | right;

        public static byte Combine(byte left, byte right) => (byte)(left | right);
    }

    private readonly struct XorKernel : IKernel
    {
        public static Vector<ulong> Combine(Vector<ulong> left, Vector<ulong> right) => left ^ right;

        public static byte Combine(byte left, byte right) => (byte)(left ^ right);
    }
}
