using System.Runtime.CompilerServices;

namespace Sigrun.Storage;

/// <summary>A key and its hash, which is computed once per request.</summary>
public readonly ref struct KeyRef
{
    /// <summary>Joins a key with its hash.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public KeyRef(ReadOnlySpan<byte> bytes, ulong hash)
    {
        Bytes = bytes;
        Hash = hash;
    }

    /// <summary>The key.</summary>
    public ReadOnlySpan<byte> Bytes { get; }

    /// <summary>Its hash by the heap's hasher.</summary>
    public ulong Hash { get; }
}
