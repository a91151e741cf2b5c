using System.Buffers.Text;
using Sigrun.Commands;

namespace Sigrun.Persistence.AppendOnly;

/// <summary>Where reading the commands of a file ended.</summary>
internal enum AofEnd
{
    /// <summary>At its end, behind a command.</summary>
    Complete,

    /// <summary>At its end, within a command.</summary>
    Cut,

    /// <summary>At something that is no command.</summary>
    BadFormat,

    /// <summary>At a command that does not exist or cannot have these arguments.</summary>
    BadCommand,

    /// <summary>Anywhere: whoever asked for it gave up.</summary>
    Abandoned,
}

/// <summary>Reads the commands of a file and has them run.</summary>
internal sealed class AofCommands(AofReader reader, AofReplay replay)
{
    private const int ArgumentMax = 1 << 30;

    /// <summary>Where the last complete command ends, in bytes; 0 when the end of the file may not be cut off.</summary>
    public long ValidTo { get; private set; }

    /// <summary>The same before the last MULTI.</summary>
    public long ValidBeforeTransaction { get; private set; }

    /// <summary>What is wrong with the command at which reading ended, as an error reply says it.</summary>
    public string? Fault { get; private set; }

    /// <summary>Reads to the end; what runs last is the caller's to run.</summary>
    /// <param name="mayCut">Whether the end of the file may be cut off.</param>
    /// <param name="proceed">Called before each command with its position; false gives up.</param>
    public AofEnd ReadAll(bool mayCut, Func<long, bool> proceed)
    {
        while (true)
        {
            if (!proceed(reader.Position)) return AofEnd.Abandoned;
            if (!reader.TryReadLine(out ReadOnlySpan<byte> line)) return AofEnd.Complete;
            if (line[0] == '#') continue;
            if (line[0] != '*') return AofEnd.BadFormat;
            if (line.Length == 1) return AofEnd.Cut;
            int count = Number(line);
            if (count < 1) return AofEnd.BadFormat;
            replay.Begin();
            if (ReadArguments(count) is { } end)
            {
                replay.Abandon();
                return end;
            }
            (int command, string? fault) = replay.Complete();
            if (fault is not null)
            {
                Fault = fault;
                return AofEnd.BadCommand;
            }
            if (CommandTable.FullName(command).SequenceEqual("multi"u8)) ValidBeforeTransaction = ValidTo;
            if (mayCut) ValidTo = reader.Position;
        }
    }

    private AofEnd? ReadArguments(int count)
    {
        Span<byte> lineEnd = stackalloc byte[2];
        for (int i = 0; i < count; i++)
        {
            if (!reader.TryReadLine(out ReadOnlySpan<byte> line)) return AofEnd.Cut;
            if (line[0] != '$') return AofEnd.BadFormat;
            int length = Number(line);
            if (length is < 0 or > ArgumentMax) return AofEnd.BadFormat;
            if (length > reader.Length - reader.Position) return AofEnd.Cut;
            if (!reader.TryRead(replay.AddArgument(length))) return AofEnd.Cut;
            if (!reader.TryRead(lineEnd)) return AofEnd.Cut;
        }
        return null;
    }

    /// <summary>The number behind the first byte; 0 when there is none, as the format has always been read.</summary>
    private static int Number(ReadOnlySpan<byte> line) => Utf8Parser.TryParse(line[1..], out int number, out _) ? number : 0;
}
