using System.Runtime.Intrinsics;

namespace Sigrun.Types.HyperLogLogs;

/// <summary>What raising a register came to.</summary>
internal enum Raised
{
    /// <summary>The register was that great already.</summary>
    No,

    /// <summary>It is now.</summary>
    Yes,

    /// <summary>The registers make no sense.</summary>
    Corrupted,
}

/// <summary>
/// Where an engine works on HyperLogLogs: a copy of one that is being changed, and registers of a byte each that
/// several are merged into.
/// </summary>
/// <remarks>
/// Changes to runs are made in the copy, which then replaces the string, so that a string is never half changed,
/// whatever fails. Used by one command at a time.
/// </remarks>
internal sealed class HyperLogLogBuffer
{
    /// <summary>The longest string that makes sense, and what a run that is cut up may need beyond it.</summary>
    private const int BytesMax = HyperLogLog.HeaderBytes + SparseRegisters.BytesMax;

    private readonly byte[] _bytes = new byte[BytesMax];
    private readonly byte[] _spread = new byte[DenseRegisters.Count];
    private int _length;

    /// <summary>Whether merging and counting use the processor's vectors.</summary>
    public bool UsesVectors { get; set; } = Vector128.IsHardwareAccelerated;

    /// <summary>The HyperLogLog in work.</summary>
    public Span<byte> Bytes => _bytes.AsSpan(0, _length);

    /// <summary>How its registers are kept.</summary>
    public RegisterEncoding Encoding => HyperLogLog.EncodingOf(Bytes);

    /// <summary>Registers of a byte each.</summary>
    public Span<byte> Spread => _spread;

    /// <summary>Starts with a HyperLogLog without elements.</summary>
    public void LoadEmpty()
    {
        HyperLogLog.WriteHeader(_bytes, RegisterEncoding.Sparse);
        SparseRegisters.Empty.CopyTo(_bytes.AsSpan(HyperLogLog.HeaderBytes));
        _length = HyperLogLog.HeaderBytes + SparseRegisters.Empty.Length;
    }

    /// <summary>Starts with a copy; false when it is longer than any that makes sense.</summary>
    public bool TryLoad(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > BytesMax) return false;
        bytes.CopyTo(_bytes);
        _length = bytes.Length;
        return true;
    }

    /// <summary>Raises a register of the HyperLogLog in work.</summary>
    /// <param name="hash">The register and its least value.</param>
    /// <param name="sparseBytesMax">How long the string may be while its registers are sparse.</param>
    public Raised Raise(RegisterHash hash, long sparseBytesMax)
    {
        if (Encoding == RegisterEncoding.Dense)
        {
            Span<byte> dense = Bytes[HyperLogLog.HeaderBytes..];
            if (DenseRegisters.Get(dense, hash.Register) >= hash.Rank) return Raised.No;
            DenseRegisters.Set(dense, hash.Register, hash.Rank);
            return Raised.Yes;
        }
        if (!SparsePlace.TryFind(HyperLogLog.Registers(Bytes), hash.Register, out SparsePlace place)) return Raised.Corrupted;
        return place.Run.Value >= hash.Rank ? Raised.No : RaiseSparse(hash, place, sparseBytesMax);
    }

    /// <summary>The same for a register of sparse ones that was found to be less.</summary>
    public Raised RaiseSparse(RegisterHash hash, in SparsePlace place, long sparseBytesMax)
    {
        if (hash.Rank <= SparseRun.ValueMax)
        {
            var editor = new SparseEditor(_bytes.AsSpan(HyperLogLog.HeaderBytes), _length - HyperLogLog.HeaderBytes);
            long lengthMax = Math.Min(sparseBytesMax, BytesMax) - HyperLogLog.HeaderBytes;
            if (editor.TryRaise(place, hash.Register, hash.Rank, lengthMax))
            {
                _length = HyperLogLog.HeaderBytes + editor.Length;
                return Raised.Yes;
            }
        }
        if (!TryMakeDense()) return Raised.Corrupted;
        DenseRegisters.Set(Bytes[HyperLogLog.HeaderBytes..], hash.Register, hash.Rank);
        return Raised.Yes;
    }

    /// <summary>Makes the registers in work dense; false when they make no sense.</summary>
    public bool TryMakeDense()
    {
        if (Encoding == RegisterEncoding.Dense) return true;
        // The other array is as good a place for dense registers as any.
        Span<byte> dense = _spread.AsSpan(0, DenseRegisters.Bytes);
        dense.Clear();
        if (!SparseRegisters.TryMakeDense(dense, HyperLogLog.Registers(Bytes))) return false;
        dense.CopyTo(_bytes.AsSpan(HyperLogLog.HeaderBytes));
        _length = HyperLogLog.DenseBytes;
        HyperLogLog.SetEncoding(_bytes, RegisterEncoding.Dense);
        return true;
    }

    /// <summary>Makes the merged registers those in work, which become dense.</summary>
    public void TakeMerged()
    {
        _length = HyperLogLog.DenseBytes;
        HyperLogLog.SetEncoding(_bytes, RegisterEncoding.Dense);
        PackMerged(Bytes[HyperLogLog.HeaderBytes..]);
    }

    /// <summary>Starts to merge.</summary>
    public void ClearMerged() => _spread.AsSpan().Clear();

    /// <summary>Merges sparse registers with those before; false when they make no sense.</summary>
    public bool TryMergeSparse(ReadOnlySpan<byte> bytes) => SparseRegisters.TryMergeInto(_spread, HyperLogLog.Registers(bytes));

    /// <summary>Merges dense registers with those before.</summary>
    public void MergeDense(in DenseGroup group) => DenseRegisters.MergeInto(_spread, group, UsesVectors);

    /// <summary>Writes the merged registers in dense form.</summary>
    public void PackMerged(Span<byte> dense) => DenseRegisters.Pack(dense, _spread, UsesVectors);

    /// <summary>Estimates how many elements the merged HyperLogLogs have together.</summary>
    public long EstimateMerged()
    {
        Span<int> histogram = stackalloc int[CardinalityEstimate.HistogramLength];
        CardinalityEstimate.Count(_spread, histogram, UsesVectors);
        return CardinalityEstimate.Of(histogram);
    }

    /// <summary>Estimates how many elements a HyperLogLog has; false when its registers make no sense.</summary>
    public bool TryEstimate(ReadOnlySpan<byte> bytes, out long count)
    {
        count = 0;
        if (HyperLogLog.EncodingOf(bytes) == RegisterEncoding.Dense)
        {
            ClearMerged();
            var group = new DenseGroup();
            group.Add(HyperLogLog.Registers(bytes));
            MergeDense(group);
            count = EstimateMerged();
            return true;
        }
        Span<int> histogram = stackalloc int[CardinalityEstimate.HistogramLength];
        if (!SparseRegisters.TryCount(HyperLogLog.Registers(bytes), histogram)) return false;
        count = CardinalityEstimate.Of(histogram);
        return true;
    }
}
