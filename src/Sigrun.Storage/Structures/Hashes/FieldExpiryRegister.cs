using System.Runtime.CompilerServices;

namespace Sigrun.Storage.Structures.Hashes;

/// <summary>Whether the register of a table of keys holds a hash: a mark in its queue, so that asking costs no lookup.</summary>
internal static unsafe class FieldExpiryRegister
{
    private const byte HashInTable = (byte)EntryType.Hash | (byte)EntryEncoding.HashTable << 4;

    /// <summary>Whether the register holds the entry.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Holds(byte* entry) => *entry == HashInTable && QueueOf(entry) is var queue && queue != null && queue->IsRegistered;

    /// <summary>Notes that it does.</summary>
    public static void Enter(byte* entry) => QueueOf(entry)->IsRegistered = true;

    /// <summary>Notes that it does not.</summary>
    public static void Leave(byte* entry) => QueueOf(entry)->IsRegistered = false;

    private static FieldExpiryQueue* QueueOf(byte* entry) => HashValue.Queue(EntryHeader.Pointer(entry));
}
