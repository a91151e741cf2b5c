using Sigrun.Clients;
using Sigrun.Storage;
using Sigrun.Storage.Structures.Tracking;

namespace Sigrun.Tracking;

/// <summary>A prefix that a client follows.</summary>
/// <param name="Prefix">The prefix.</param>
/// <param name="Place">The client's place among those that follow it.</param>
internal readonly record struct FollowedPrefix(TrackedPrefix Prefix, int Place);

/// <summary>A prefix of keys that clients follow, and the keys with it that have changed during the turn.</summary>
internal sealed class TrackedPrefix(byte[] name)
{
    private ChangedKeys? _changed;

    /// <summary>The prefix.</summary>
    public byte[] Name { get; } = name;

    /// <summary>The clients that follow it.</summary>
    public List<ClientSession> Clients { get; } = [];

    /// <summary>True when keys have changed since the last <see cref="Clear"/>.</summary>
    public bool HasChanged { get; private set; }

    /// <summary>True when memory was too short to note one of them: any key may have changed.</summary>
    public bool HasLostSome { get; private set; }

    /// <summary>The keys that have changed, once one has.</summary>
    public ChangedKeys Changed => _changed!;

    /// <summary>Notes a changed key.</summary>
    public void Note(Heap heap, ReadOnlySpan<byte> key, long by)
    {
        HasChanged = true;
        try
        {
            _changed ??= new ChangedKeys(heap);
            _changed.Note(key, by);
        }
        catch (HeapExhaustedException)
        {
            HasLostSome = true;
        }
    }

    /// <summary>Forgets what has changed.</summary>
    public void Clear()
    {
        _changed?.Clear();
        HasChanged = HasLostSome = false;
    }

    /// <summary>Gives up all memory.</summary>
    public void Release()
    {
        _changed?.Release();
        _changed = null;
    }
}
