using Sigrun.Client;

namespace Sigrun.Cli.Output;

/// <summary>Replies for other programs: what strings hold and nothing else.</summary>
internal static class RawFormat
{
    /// <summary>Writes a reply, with a delimiter between its parts.</summary>
    public static void Write(OutputBuffer target, Reply reply, ReadOnlySpan<byte> delimiter)
    {
        switch (reply.Type)
        {
            case ReplyType.Nil:
                break;
            case ReplyType.Error:
                target.Append(reply.Bytes);
                target.Append((byte)'\n');
                break;
            case ReplyType.Boolean:
                target.Append(reply.Integer != 0 ? "(true)"u8 : "(false)"u8);
                break;
            case ReplyType.Integer:
                target.Append(reply.Integer);
                break;
            case ReplyType.Array or ReplyType.Set or ReplyType.Push or ReplyType.Map:
                WriteParts(target, reply, delimiter);
                break;
            default:
                target.Append(reply.Bytes);
                break;
        }
    }

    /// <summary>A blank stands between a map's keys and their values.</summary>
    private static void WriteParts(OutputBuffer target, Reply reply, ReadOnlySpan<byte> delimiter)
    {
        for (int i = 0; i < reply.Elements.Length; i++)
        {
            bool isMapValue = reply.Type == ReplyType.Map && (i & 1) == 1;
            if (i > 0) target.Append(isMapValue ? " "u8 : delimiter);
            Write(target, reply.Elements[i], delimiter);
        }
    }
}
