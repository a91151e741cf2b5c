using System.Text;
using Sigrun.Client;

namespace Sigrun.Cli.Output;

/// <summary>Writes replies in every mode, byte for byte as Valkey's tool does.</summary>
internal sealed class ReplyFormat
{
    /// <summary>What stands between the parts of an array in raw output.</summary>
    public byte[] PartDelimiter { get; set; } = "\n"u8.ToArray();

    /// <summary>What stands behind a reply in raw output.</summary>
    public byte[] ReplyDelimiter { get; set; } = "\n"u8.ToArray();

    /// <summary>Writes a whole reply; a text for people can be shown as it is in any mode.</summary>
    public void Write(OutputBuffer target, Reply reply, OutputMode mode, bool verbatim)
    {
        switch (verbatim ? OutputMode.Raw : mode)
        {
            case OutputMode.Standard:
                StandardFormat.Write(target, reply);
                break;
            case OutputMode.Raw:
                RawFormat.Write(target, reply, PartDelimiter);
                if (!verbatim) target.Append(ReplyDelimiter);
                break;
            case OutputMode.Csv:
                CsvFormat.Write(target, reply);
                target.Append((byte)'\n');
                break;
            default:
                JsonFormat.Write(target, reply, mode == OutputMode.QuotedJson);
                target.Append((byte)'\n');
                break;
        }
    }

    /// <summary>Writes a message that answers no command.</summary>
    public void WritePush(OutputBuffer target, Reply push, OutputMode mode)
    {
        if (mode != OutputMode.Standard || !IsInvalidation(push))
        {
            Write(target, push, mode, verbatim: false);
            return;
        }
        target.Append("-> invalidate: "u8);
        Reply[] keys = push.Elements[1].Elements;
        for (int i = 0; i < keys.Length; i++)
        {
            if (i > 0) target.Append(", "u8);
            target.Append((byte)'\'');
            target.Append(keys[i].Bytes);
            target.Append((byte)'\'');
        }
        target.Append((byte)'\n');
    }

    private static bool IsInvalidation(Reply push) =>
        push.Type == ReplyType.Push && push.Elements.Length == 2
        && push.Elements[0].Type == ReplyType.Bulk && push.Elements[0].Bytes.AsSpan().StartsWith("invalidate"u8)
        && push.Elements[1].Type == ReplyType.Array;

    /// <summary>A reply in the mode for people, as text.</summary>
    public static string Describe(Reply reply)
    {
        var buffer = new OutputBuffer();
        StandardFormat.Write(buffer, reply);
        return Encoding.UTF8.GetString(buffer.Bytes);
    }
}
