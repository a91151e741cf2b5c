using Sigrun.Protocol;
using Sigrun.Storage.Buffers;

namespace Sigrun.PubSub;

/// <summary>How a message begins that subscribers get, after the line that counts its elements.</summary>
internal sealed class MessageHead
{
    private const int CountLineLength = 4;

    private readonly byte _elements;
    private readonly byte[] _word;

    private MessageHead(int elements, ReadOnlySpan<byte> word)
    {
        _elements = (byte)('0' + elements);
        _word = new byte[BulkText.Length(word.Length)];
        BulkText.Write(_word, word);
    }

    /// <summary>To the subscribers of a channel.</summary>
    public static MessageHead Message { get; } = new(3, "message"u8);

    /// <summary>To the subscribers of a pattern, which the message names.</summary>
    public static MessageHead PatternMessage { get; } = new(4, "pmessage"u8);

    /// <summary>To the subscribers of a shard channel.</summary>
    public static MessageHead ShardMessage { get; } = new(3, "smessage"u8);

    /// <summary>Lays a message out.</summary>
    /// <param name="output">Where.</param>
    /// <param name="isResp3">The protocol version.</param>
    /// <param name="pattern">The pattern; empty for messages without one.</param>
    /// <param name="channel">The channel.</param>
    /// <param name="message">The message.</param>
    public SharedRange LayOut(SharedOutput output, bool isResp3, ReadOnlySpan<byte> pattern, ReadOnlySpan<byte> channel, ReadOnlySpan<byte> message)
    {
        bool hasPattern = _elements == '4';
        long length = CountLineLength + _word.Length + BulkText.Length(channel.Length) + BulkText.Length(message.Length);
        if (hasPattern) length += BulkText.Length(pattern.Length);
        int total = checked((int)length);
        Span<byte> target = output.Begin(total);
        target[0] = isResp3 ? (byte)'>' : (byte)'*';
        target[1] = _elements;
        target = BulkText.Copy(target[2..], "\r\n"u8);
        target = BulkText.Copy(target, _word);
        if (hasPattern) target = BulkText.Write(target, pattern);
        target = BulkText.Write(target, channel);
        BulkText.Write(target, message);
        return output.End(total);
    }
}
