using System.Runtime.InteropServices;

namespace Sigrun.Storage.Structures.Streams;

/// <summary>A stream: its figures, the index of its nodes by their first ID, and that of its groups by name.</summary>
/// <remarks>
/// An item of the nodes' index is a listpack (see <see cref="StreamNode"/>), one of the groups' a <see cref="GroupBlock"/>.
/// </remarks>
[StructLayout(LayoutKind.Sequential)]
internal struct StreamHeader
{
    /// <summary>Entries that are not deleted.</summary>
    public ulong Length;

    public StreamId LastId;

    /// <summary>The first entry that is not deleted; zero when there is none.</summary>
    public StreamId FirstId;

    public StreamId MaxDeletedId;

    /// <summary>Entries ever added.</summary>
    public ulong EntriesAdded;

    public OrderedIndex Nodes;
    public OrderedIndex Groups;
}

/// <summary>A consumer group; its name follows.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct GroupBlock
{
    public NamedBlock Head;

    /// <summary>The last entry that was delivered to any consumer.</summary>
    public StreamId LastId;

    /// <summary>Entries read, −1 when that is not known.</summary>
    public long EntriesRead;

    /// <summary>By ID what was delivered and not acknowledged: items are <see cref="PendingBlock"/>s.</summary>
    public OrderedIndex Pending;

    /// <summary>By name: items are <see cref="ConsumerBlock"/>s.</summary>
    public OrderedIndex Consumers;
}

/// <summary>A consumer of a group; its name follows.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct ConsumerBlock
{
    public NamedBlock Head;

    /// <summary>When it last tried to do something.</summary>
    public long SeenMs;

    /// <summary>When it last was given something, −1 for never.</summary>
    public long ActiveMs;

    /// <summary>Those of the group's pending entries that are this consumer's: the same items.</summary>
    public OrderedIndex Pending;
}

/// <summary>An entry that was delivered and not acknowledged: one block for the group's and the consumer's index.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct PendingBlock
{
    public long DeliveredMs;
    public ulong Deliveries;
    public ConsumerBlock* Consumer;
}
