namespace Sigrun.Storage;

/// <summary>How a <see cref="Heap"/> is made.</summary>
public sealed record HeapOptions
{
    /// <summary>The largest range that 40-bit references in 4-byte units can address: 4 TiB.</summary>
    public const long MaxReserveBytes = 1L << 42;

    /// <summary>Addresses to reserve; 0 means the larger of 64 GiB and four times the memory of the machine.</summary>
    public long ReserveBytes { get; init; }

    /// <summary>How much is made usable at a time.</summary>
    public long CommitStepBytes { get; init; } = 32L << 20;

    /// <summary>
    /// How much is kept back for those who must not fail, at most an eighth of the range; it is neither touched nor taken
    /// from anywhere before it is needed.
    /// </summary>
    public long KeptBackBytes { get; init; }

    /// <summary>Whether the caller may have what is kept back; asked when nothing else is left.</summary>
    public Func<bool>? MayUseKeptBack { get; init; }

    /// <summary>Asks the system for huge pages: faster random access, coarser resident size.</summary>
    public bool HugePages { get; init; }

    /// <summary>Checks every block for misuse; slow, for tests and fuzzers.</summary>
    public bool Checking { get; init; }

    /// <summary>With <see cref="Checking"/>: every write to an entry moves it, so that stale spans are found.</summary>
    public bool MoveOnWrite { get; init; }

    /// <summary>With <see cref="Checking"/>: freed bytes held back and watched for late writes.</summary>
    public long QuarantineBytes { get; init; } = 4L << 20;

    /// <summary>The keyed hash of the tables in this heap. The default has a known seed: whoever takes keys from outside gives one of its own.</summary>
    public KeyHasher Hasher { get; init; } = new("Sigrun-fixed-seed"u8[..KeyHasher.SeedBytes]);
}
