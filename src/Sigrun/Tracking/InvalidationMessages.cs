using Sigrun.Protocol;
using Sigrun.Storage;
using Sigrun.Storage.Buffers;
using Sigrun.Storage.Structures.Tracking;

namespace Sigrun.Tracking;

/// <summary>
/// Lays out what clients are told about keys in their caches: a push, or for RESP2 a message of a channel. A message is
/// to be sent, or its block retained, before the next of its protocol version is laid out.
/// </summary>
internal sealed class InvalidationMessages : IDisposable
{
    /// <summary>Longer lists are not sent: that all keys may have changed says it too.</summary>
    private const long BytesMax = 256 * 1024 * 1024;

    private readonly SharedOutput _output2 = new();
    private readonly SharedOutput _output3 = new();

    /// <summary>One key has changed.</summary>
    public SharedRange OfKey(bool isResp3, ReadOnlySpan<byte> key)
    {
        ReadOnlySpan<byte> head = Head(isResp3);
        int length = checked((int)(head.Length + 4 + BulkText.Length(key.Length)));
        SharedOutput output = Output(isResp3);
        Span<byte> target = BulkText.Copy(output.Begin(length), head);
        target = BulkText.Copy(target, "*1\r\n"u8);
        BulkText.Write(target, key);
        return output.End(length);
    }

    /// <summary>Any key may have changed.</summary>
    /// <param name="isResp3">The protocol version of who gets the message.</param>
    /// <param name="nullIsResp3">That of who has tracking on, which decides how null is written.</param>
    public SharedRange OfAll(bool isResp3, bool nullIsResp3)
    {
        ReadOnlySpan<byte> head = Head(isResp3);
        ReadOnlySpan<byte> nothing = nullIsResp3 ? "_\r\n"u8 : "$-1\r\n"u8;
        SharedOutput output = Output(isResp3);
        BulkText.Copy(BulkText.Copy(output.Begin(head.Length + nothing.Length), head), nothing);
        return output.End(head.Length + nothing.Length);
    }

    /// <summary>Keys have changed, which are sorted.</summary>
    /// <param name="isResp3">The protocol version of who gets the message.</param>
    /// <param name="keys">The keys.</param>
    /// <param name="total">How many they are.</param>
    /// <param name="count">How many of them the message names.</param>
    /// <param name="exceptBy">Those that this client has changed are left out; 0 for none.</param>
    public SharedRange OfKeys(bool isResp3, ChangedKeys keys, int total, int count, long exceptBy)
    {
        ReadOnlySpan<byte> head = Head(isResp3);
        long length = head.Length + NumberText.CountDigits((ulong)count) + 3;
        for (int i = 0; i < total; i++)
        {
            if (exceptBy == 0 || keys.ChangedBy(i) != exceptBy) length += BulkText.Length(keys.Key(i).Length);
        }
        if (length > BytesMax) return OfAll(isResp3, isResp3);
        SharedOutput output = Output(isResp3);
        Span<byte> target = BulkText.Copy(output.Begin((int)length), head);
        target[0] = (byte)'*';
        target = BulkText.Copy(target[(1 + NumberText.FormatInt64(target[1..], count))..], "\r\n"u8);
        for (int i = 0; i < total; i++)
        {
            if (exceptBy == 0 || keys.ChangedBy(i) != exceptBy) target = BulkText.Write(target, keys.Key(i));
        }
        return output.End((int)length);
    }

    /// <summary>Releases the memory of messages.</summary>
    public void Dispose()
    {
        _output2.Dispose();
        _output3.Dispose();
    }

    private SharedOutput Output(bool isResp3) => isResp3 ? _output3 : _output2;

    private static ReadOnlySpan<byte> Head(bool isResp3) =>
        isResp3 ? ">2\r\n$10\r\ninvalidate\r\n"u8 : "*3\r\n$7\r\nmessage\r\n$20\r\n__redis__:invalidate\r\n"u8;
}
