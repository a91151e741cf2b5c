using Sigrun.Storage.Defragmentation;

namespace Sigrun.Storage.Structures.Hashes;

/// <summary>Moves the blocks of large hashes: the table, the queue of fields that expire, then place by place the fields.</summary>
internal static unsafe class HashMoves
{
    private const int FrameStage = 0, QueueStage = 1, FieldStage = 2;

    /// <inheritdoc cref="StructureMoves.Step"/>
    public static bool Step(BlockMover blocks, byte* entry, ref MovePlace place)
    {
        HashTable<HashField> table = HashValue.Table(blocks.Heap, new EntryRef(entry));
        FieldExpiryQueue* queue = HashValue.Queue(table.Header);
        switch (place.Stage)
        {
            case FrameStage:
                table = table.MoveFrame(blocks);
                EntryHeader.SetPointer(entry, table.Header);
                if (queue != null) table.Attachment = (byte*)FieldExpiryQueue.MoveFrame(blocks, queue);
                place.Enter(QueueStage);
                return true;
            case QueueStage:
                if (queue == null || !queue->MoveSegment(blocks, place.Cursor++)) place.Enter(FieldStage);
                return true;
            default:
                var fields = new FieldMover(queue);
                place.Cursor = table.Move(blocks, place.Cursor, ref fields);
                return place.Cursor != 0;
        }
    }

    /// <summary>Moves fields, to which the queue may lead too.</summary>
    private readonly struct FieldMover(FieldExpiryQueue* queue) : IEntryMover
    {
        private readonly FieldExpiryQueue* _queue = queue;

        public byte* Move(BlockMover blocks, byte* entry)
        {
            if (blocks.Move(ref entry) && HashField.IsExpiring(entry)) _queue->Follow(entry);
            return entry;
        }
    }
}
