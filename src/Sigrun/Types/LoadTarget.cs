using Sigrun.Configuration;
using Sigrun.Storage;

namespace Sigrun.Types;

/// <summary>
/// Where a value is read into: an entry that no database holds yet, so that nothing has changed when reading fails,
/// and a key that has expired meanwhile is never made.
/// </summary>
internal ref struct LoadTarget(Heap heap, EngineSettings settings, long nowMs, ReadOnlySpan<byte> key, long expiryMs)
{
    /// <summary>The heap of the entry.</summary>
    public Heap Heap { get; } = heap;

    /// <summary>Thresholds of encodings, and how much to check.</summary>
    public EngineSettings Settings { get; } = settings;

    /// <summary>The engine's clock.</summary>
    public long NowMs { get; } = nowMs;

    /// <summary>The key the entry is for.</summary>
    public ReadOnlySpan<byte> Key { get; } = key;

    /// <summary>The key's expiry, −1 for none.</summary>
    public long ExpiryMs { get; } = expiryMs;

    /// <summary>Whether what has expired within the value is left out: with a file, not with a command's payload.</summary>
    public bool DropsExpired { get; init; }

    /// <summary>Whether a value is missing because all of it has expired.</summary>
    public bool IsSpent { get; set; }

    /// <summary>The entry, set as soon as there is one: from then on it is freed when reading fails.</summary>
    public EntryRef Entry { get; set; }

    /// <summary>Ends the entry.</summary>
    public void Discard()
    {
        if (!Entry.IsNull) DetachedEntry.Free(Heap, Entry);
        Entry = default;
    }
}
