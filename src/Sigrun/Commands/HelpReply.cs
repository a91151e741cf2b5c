using Sigrun.Protocol;

namespace Sigrun.Commands;

/// <summary>Writes the reply of a container's HELP: a heading, what it is given, and HELP itself.</summary>
internal static class HelpReply
{
    /// <summary>Writes the reply.</summary>
    /// <param name="reply">Where it goes.</param>
    /// <param name="container">The container's name in capitals.</param>
    /// <param name="lines">A line per subcommand followed by indented lines on what it does, divided by line feeds.</param>
    public static void Write(ReplyWriter reply, ReadOnlySpan<byte> container, ReadOnlySpan<byte> lines)
    {
        reply.Array(lines.Count((byte)'\n') + 4);
        reply.SimpleString([.. container, .. " <subcommand> [<arg> [value] [opt] ...]. Subcommands are:"u8]);
        foreach (Range line in lines.Split((byte)'\n')) reply.SimpleString(lines[line]);
        reply.SimpleString("HELP"u8);
        reply.SimpleString("    Shows this text."u8);
    }
}
