using Sigrun.Client;

namespace Sigrun.Cli.Output;

/// <summary>Replies as values separated by commas; nested ones are laid out flat.</summary>
internal static class CsvFormat
{
    /// <summary>Writes a reply.</summary>
    public static void Write(OutputBuffer target, Reply reply)
    {
        switch (reply.Type)
        {
            case ReplyType.Error:
                target.Append("ERROR,"u8);
                target.AppendQuoted(reply.Bytes);
                break;
            case ReplyType.Integer:
                target.Append(reply.Integer);
                break;
            case ReplyType.Double or ReplyType.BigNumber:
                target.Append(reply.Bytes);
                break;
            case ReplyType.Nil:
                target.Append("NULL"u8);
                break;
            case ReplyType.Boolean:
                target.Append(reply.Integer != 0 ? "true"u8 : "false"u8);
                break;
            case ReplyType.Array or ReplyType.Set or ReplyType.Push or ReplyType.Map:
                for (int i = 0; i < reply.Elements.Length; i++)
                {
                    if (i > 0) target.Append((byte)',');
                    Write(target, reply.Elements[i]);
                }
                break;
            default:
                target.AppendQuoted(reply.Bytes);
                break;
        }
    }
}
