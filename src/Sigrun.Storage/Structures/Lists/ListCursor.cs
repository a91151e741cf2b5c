using System.Runtime.InteropServices;

namespace Sigrun.Storage.Structures.Lists;

/// <summary>Reads elements of a list one after the other, forward or backward, without changing anything.</summary>
/// <remarks>
/// Compressed nodes are expanded into memory that the cursor owns until <see cref="Dispose"/>: one at a time.
/// Elements and runs are valid until the cursor moves on or the list is written.
/// </remarks>
public unsafe ref struct ListCursor
{
    private readonly bool _isBackward;
    private QuickListNode* _node;
    private byte* _pack;

    /// <summary>The element to be read next, when <see cref="_leftInNode"/> says that there is one.</summary>
    private byte* _at;
    private byte* _expanded;
    private long _left;
    private int _leftInNode;

    /// <summary>Starts at an index.</summary>
    /// <param name="entry">The list's entry.</param>
    /// <param name="index">The first element to read, counted from the front.</param>
    /// <param name="count">The most elements to read; there may be fewer.</param>
    /// <param name="isBackward">Whether to read towards the front.</param>
    public ListCursor(EntryRef entry, long index, long count, bool isBackward = false)
    {
        _isBackward = isBackward;
        Current = default;
        long length = ListValue.Length(entry);
        if (index < 0 || index >= length) return;
        _left = Math.Min(count, isBackward ? index + 1 : length - index);
        if (_left <= 0) return;
        if (entry.Encoding == EntryEncoding.ListPack)
        {
            EnterPack(PackBlock.Pack(entry.Structure), (int)length, index);
            return;
        }
        _node = QuickList.Find((QuickListHeader*)entry.Structure, ref index);
        EnterNode(index);
    }

    /// <summary>The element that was read last.</summary>
    public ListpackElement Current { get; private set; }

    /// <summary>Reads the next element; false when there is none.</summary>
    public bool MoveNext()
    {
        byte* element = Advance();
        if (element == null) return false;
        Current = ElementAt(element);
        return true;
    }

    /// <summary>
    /// Reads on to the next element that has these bytes; false when there is none. <paramref name="passed"/> counts the
    /// elements in front of it that were read now.
    /// </summary>
    public bool MoveTo(ReadOnlySpan<byte> text, out long passed)
    {
        var pattern = new ListpackPattern(text);
        for (passed = 0; ; passed++)
        {
            byte* element = Advance();
            if (element == null) return false;
            bool isFound = _pack == null ? _node->Bytes == text.Length && new ReadOnlySpan<byte>(element, text.Length).SequenceEqual(text) : pattern.Matches(element);
            if (!isFound) continue;
            Current = ElementAt(element);
            return true;
        }
    }

    /// <summary>Reads all elements that can be read in one go; false when there are none.</summary>
    public bool TryReadRun(out ListpackRun run)
    {
        run = default;
        if (_leftInNode == 0 && !TryEnterNext()) return false;
        if (_pack == null)
        {
            run = ListpackRun.OfString(_at, _node->Bytes);
            _left--;
        }
        else
        {
            int count = (int)Math.Min(_left, _leftInNode);
            run = ListpackRun.OfElements(_pack, _at, count, _isBackward);
            _left -= count;
        }
        _leftInNode = 0;
        return true;
    }

    /// <summary>Gives back what reading needed.</summary>
    public void Dispose()
    {
        NativeMemory.Free(_expanded);
        _expanded = null;
    }

    private readonly ListpackElement ElementAt(byte* element) =>
        _pack == null ? new ListpackElement(element, _node->Bytes) : Listpack.Get(element);

    /// <summary>The next element, or null; the place moves on.</summary>
    private byte* Advance()
    {
        if (_left == 0 || (_leftInNode == 0 && !TryEnterNext())) return null;
        byte* element = _at;
        _left--;
        if (--_leftInNode > 0) _at = _isBackward ? Listpack.Previous(_pack, element) : Listpack.Skip(element);
        return element;
    }

    private bool TryEnterNext()
    {
        if (_left == 0 || _node == null) return false;
        _node = _isBackward ? _node->Previous : _node->Next;
        if (_node == null) return false;
        EnterNode(_isBackward ? _node->Count - 1 : 0);
        return true;
    }

    private void EnterNode(long index)
    {
        byte* content = _node->IsCompressed ? Expanded() : _node->IsPlain ? _node->Block : PackBlock.Pack(_node->Block);
        if (!_node->IsPlain)
        {
            EnterPack(content, _node->Count, index);
            return;
        }
        _pack = null;
        _at = content;
        _leftInNode = 1;
    }

    private byte* Expanded()
    {
        Dispose();
        _expanded = (byte*)NativeMemory.Alloc((nuint)_node->Bytes);
        QuickList.ExpandTo(_node, _expanded);
        return _expanded;
    }

    private void EnterPack(byte* pack, int count, long index)
    {
        _pack = pack;
        _at = Listpack.At(pack, index);
        _leftInNode = (int)(_isBackward ? index + 1 : count - index);
    }
}
