namespace Sigrun.Keyspace;

/// <summary>
/// Twenty bytes that stand for a value, a key or all data: equal for equal data, whatever the encodings and
/// the order of keys. The scheme is Valkey's, so that digests of different servers can be compared.
/// </summary>
/// <remarks>Where order matters data is mixed in, where it does not its hash is added by exclusive or.</remarks>
internal ref struct DatasetDigest(Span<byte> bytes)
{
    /// <summary>Bytes of a digest.</summary>
    public const int Length = Sha1.HashBytes;

    private readonly Span<byte> _bytes = bytes;

    /// <summary>What time it is: fields that have expired leave no trace.</summary>
    public long NowMs { get; init; }

    /// <summary>The digest.</summary>
    public readonly ReadOnlySpan<byte> Bytes => _bytes;

    /// <summary>Adds data whose place among others does not matter.</summary>
    public readonly void Add(ReadOnlySpan<byte> data)
    {
        Span<byte> hash = stackalloc byte[Length];
        Sha1.Hash(data, hash);
        for (int i = 0; i < Length; i++) _bytes[i] ^= hash[i];
    }

    /// <summary>Adds data whose place among others matters.</summary>
    public readonly void Mix(ReadOnlySpan<byte> data)
    {
        Add(data);
        Sha1.Hash(_bytes, _bytes);
    }

    /// <summary>Adds a number as four bytes in network order, by its place.</summary>
    public readonly void Mix(int number)
    {
        Span<byte> bytes = stackalloc byte[sizeof(int)];
        System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(bytes, number);
        Mix(bytes);
    }
}
