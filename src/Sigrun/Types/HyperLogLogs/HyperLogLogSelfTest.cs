using System.Runtime.InteropServices;
using Sigrun.Storage;

namespace Sigrun.Types.HyperLogLogs;

/// <summary>
/// A test that a running server can make of itself: registers keep what they are given, sparse and dense ones give
/// the same estimate, and it is about right.
/// </summary>
internal ref struct HyperLogLogSelfTest(ref RandomSource random, long sparseBytesMax)
{
    private const int Cycles = 1000;
    private const int Elements = 10_000_000;

    private readonly ref RandomSource _random = ref random;
    private readonly long _sparseBytesMax = sparseBytesMax;

    /// <summary>Runs the test; null when all is well, else what is not.</summary>
    public readonly string? Run()
    {
        for (int i = 0; i < Cycles; i++)
        {
            if (TestRegisters() is { } failure) return failure;
        }
        return TestEstimate();
    }

    private readonly string? TestRegisters()
    {
        Span<byte> expected = stackalloc byte[DenseRegisters.Count];
        Span<byte> dense = stackalloc byte[DenseRegisters.Bytes];
        for (int i = 0; i < expected.Length; i++)
        {
            expected[i] = (byte)(_random.Next() & 63);
            DenseRegisters.Set(dense, i, expected[i]);
        }
        for (int i = 0; i < expected.Length; i++)
        {
            int found = DenseRegisters.Get(dense, i);
            if (found != expected[i]) return $"Register {i} should be {expected[i]} but is {found}";
        }
        return null;
    }

    private readonly string? TestEstimate()
    {
        var dense = new HyperLogLogBuffer();
        var other = new HyperLogLogBuffer();
        dense.LoadEmpty();
        dense.TryMakeDense();
        other.LoadEmpty();
        ulong seed = _random.Next();
        long checkpoint = 1;
        for (long i = 1; i <= Elements; i++)
        {
            ulong element = (ulong)i ^ seed;
            RegisterHash hash = RegisterHash.Of(MemoryMarshal.AsBytes(new ReadOnlySpan<ulong>(in element)));
            dense.Raise(hash, _sparseBytesMax);
            other.Raise(hash, _sparseBytesMax);
            if (i != checkpoint) continue;
            if (Check(checkpoint, dense, other) is { } failure) return failure;
            checkpoint *= 10;
        }
        return null;
    }

    private readonly string? Check(long count, HyperLogLogBuffer dense, HyperLogLogBuffer other)
    {
        if (count < _sparseBytesMax / 2 && other.Encoding != RegisterEncoding.Sparse) return "sparse encoding not used";
        dense.TryEstimate(dense.Bytes, out long estimate);
        other.TryEstimate(other.Bytes, out long otherEstimate);
        if (estimate != otherEstimate) return "dense/sparse disagree";
        // Six times the standard error; of ten elements two may meet in a register.
        double errorMax = count == 10 ? 1 : Math.Ceiling(1.04 / Math.Sqrt(DenseRegisters.Count) * 6 * count);
        long error = Math.Abs(count - estimate);
        return error > errorMax ? $"Too big error. card:{count} abserr:{error}" : null;
    }
}
