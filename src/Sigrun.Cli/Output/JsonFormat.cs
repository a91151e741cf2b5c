using Sigrun.Client;

namespace Sigrun.Cli.Output;

/// <summary>
/// Replies as JSON. Strings are written as they are, with what JSON does not allow escaped, or quoted in ASCII. A map's key
/// that is no string is written as one.
/// </summary>
internal static class JsonFormat
{
    /// <summary>Writes a reply.</summary>
    public static void Write(OutputBuffer target, Reply reply, bool quoted)
    {
        switch (reply.Type)
        {
            case ReplyType.Error:
                target.Append("error:"u8);
                WriteString(target, reply.Bytes, quoted);
                break;
            case ReplyType.Integer:
                target.Append(reply.Integer);
                break;
            case ReplyType.Double or ReplyType.BigNumber:
                target.Append(reply.Bytes);
                break;
            case ReplyType.Nil:
                target.Append("null"u8);
                break;
            case ReplyType.Boolean:
                target.Append(reply.Integer != 0 ? "true"u8 : "false"u8);
                break;
            case ReplyType.Array or ReplyType.Set or ReplyType.Push:
                target.Append((byte)'[');
                for (int i = 0; i < reply.Elements.Length; i++)
                {
                    if (i > 0) target.Append((byte)',');
                    Write(target, reply.Elements[i], quoted);
                }
                target.Append((byte)']');
                break;
            case ReplyType.Map:
                WriteMap(target, reply, quoted);
                break;
            default:
                WriteString(target, reply.Bytes, quoted);
                break;
        }
    }

    private static void WriteMap(OutputBuffer target, Reply reply, bool quoted)
    {
        target.Append((byte)'{');
        for (int i = 0; i < reply.Elements.Length; i += 2)
        {
            if (i > 0) target.Append((byte)',');
            WriteKey(target, reply.Elements[i], quoted);
            target.Append((byte)':');
            Write(target, reply.Elements[i + 1], quoted);
        }
        target.Append((byte)'}');
    }

    private static void WriteKey(OutputBuffer target, Reply key, bool quoted)
    {
        bool isString = key.Type is ReplyType.Error or ReplyType.Status or ReplyType.Bulk or ReplyType.Verbatim;
        if (!isString) target.Append((byte)'"');
        Write(target, key, quoted);
        if (!isString) target.Append((byte)'"');
    }

    private static void WriteString(OutputBuffer target, ReadOnlySpan<byte> value, bool quoted)
    {
        if (quoted) WriteQuoted(target, value);
        else WriteEscaped(target, value);
    }

    /// <summary>The escapes of quoted text are escaped again, so that whoever reads the JSON gets them.</summary>
    private static void WriteQuoted(OutputBuffer target, ReadOnlySpan<byte> value)
    {
        var text = new OutputBuffer();
        text.AppendQuoted(value);
        foreach (byte b in text.Bytes)
        {
            if (b == (byte)'\\') target.Append((byte)'\\');
            target.Append(b);
        }
    }

    private static void WriteEscaped(OutputBuffer target, ReadOnlySpan<byte> value)
    {
        target.Append((byte)'"');
        foreach (byte b in value)
        {
            switch (b)
            {
                case (byte)'\\' or (byte)'"':
                    target.Append((byte)'\\');
                    target.Append(b);
                    break;
                case (byte)'\n': target.Append("\\n"u8); break;
                case (byte)'\f': target.Append("\\f"u8); break;
                case (byte)'\r': target.Append("\\r"u8); break;
                case (byte)'\t': target.Append("\\t"u8); break;
                case (byte)'\b': target.Append("\\b"u8); break;
                case < 0x20: target.Append($"\\u{b:x4}"); break;
                default: target.Append(b); break;
            }
        }
        target.Append((byte)'"');
    }
}
