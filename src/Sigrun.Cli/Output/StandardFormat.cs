using Sigrun.Client;

namespace Sigrun.Cli.Output;

/// <summary>
/// Replies for people. Parts are numbered and nested ones indented by the width of the numbers around them; a map's values
/// follow their keys, on a line of their own when they take several.
/// </summary>
internal static class StandardFormat
{
    /// <summary>Writes a reply with the line feed behind it.</summary>
    public static void Write(OutputBuffer target, Reply reply) => Write(target, reply, 0);

    private static void Write(OutputBuffer target, Reply reply, int indent)
    {
        switch (reply.Type)
        {
            case ReplyType.Error:
                target.Append("(error) "u8);
                target.Append(reply.Bytes);
                break;
            case ReplyType.Integer:
                target.Append("(integer) "u8);
                target.Append(reply.Integer);
                break;
            case ReplyType.Double:
                target.Append("(double) "u8);
                target.Append(reply.Bytes);
                break;
            case ReplyType.BigNumber:
                target.Append("(big number) "u8);
                target.Append(reply.Bytes);
                break;
            case ReplyType.Bulk:
                target.AppendQuoted(reply.Bytes);
                break;
            case ReplyType.Status or ReplyType.Verbatim:
                target.Append(reply.Bytes);
                break;
            case ReplyType.Nil:
                target.Append("(nil)"u8);
                break;
            case ReplyType.Boolean:
                target.Append(reply.Integer != 0 ? "(true)"u8 : "(false)"u8);
                break;
            case ReplyType.Array or ReplyType.Map or ReplyType.Set or ReplyType.Push when reply.Elements.Length == 0:
                target.Append(NameOfEmpty(reply.Type));
                break;
            default:
                // The last part brings its own line feed.
                WriteParts(target, reply, indent);
                return;
        }
        target.Append((byte)'\n');
    }

    private static void WriteParts(OutputBuffer target, Reply reply, int indent)
    {
        bool isMap = reply.Type == ReplyType.Map;
        int step = isMap ? 2 : 1;
        int width = Digits(reply.Elements.Length / step);
        int inner = indent + width + 2;
        byte mark = isMap ? (byte)'#' : reply.Type == ReplyType.Set ? (byte)'~' : (byte)')';
        for (int i = 0; i < reply.Elements.Length; i += step)
        {
            int number = (i / step) + 1;
            // Whoever numbers this reply has indented the first line.
            if (i > 0) target.AppendRepeated((byte)' ', indent);
            target.AppendRepeated((byte)' ', width - Digits(number));
            target.Append(number);
            target.Append(mark);
            target.Append((byte)' ');
            Write(target, reply.Elements[i], inner);
            if (isMap) WriteMapValue(target, reply.Elements[i + 1], inner);
        }
    }

    private static void WriteMapValue(OutputBuffer target, Reply value, int indent)
    {
        target.Truncate(target.Length - 1);
        target.Append(" => "u8);
        if (TakesSeveralLines(value))
        {
            target.Append((byte)'\n');
            target.AppendRepeated((byte)' ', indent);
        }
        Write(target, value, indent);
    }

    private static bool TakesSeveralLines(Reply reply)
    {
        int step = reply.Type == ReplyType.Map ? 2 : 1;
        if (!reply.IsAggregate || reply.Elements.Length == 0) return false;
        return reply.Elements.Length > step || TakesSeveralLines(reply.Elements[step - 1]);
    }

    private static ReadOnlySpan<byte> NameOfEmpty(ReplyType type) => type switch
    {
        ReplyType.Map => "(empty hash)"u8,
        ReplyType.Set => "(empty set)"u8,
        ReplyType.Push => "(empty push)"u8,
        _ => "(empty array)"u8,
    };

    private static int Digits(int value)
    {
        int digits = 1;
        while ((value /= 10) > 0) digits++;
        return digits;
    }
}
