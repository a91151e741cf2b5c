using Sigrun.Protocol;

namespace Sigrun.Commands;

/// <summary>The half of the table that plays back the recorded replies of COMMAND INFO and COMMAND DOCS.</summary>
internal static partial class CommandTable
{
    /// <summary>Writes one element of COMMAND INFO, subcommands included.</summary>
    /// <param name="reply">Where it goes.</param>
    /// <param name="id">The command.</param>
    public static void WriteInfo(ReplyWriter reply, int id)
    {
        Play(reply, InfoTapes[InfoTapeStart[id]..InfoTapeStart[id + 1]]);
        int subcommands = SubcommandCount[id];

        // The last field is an array of subcommands, but an empty set where there are none.
        if (subcommands == 0) reply.Set(0);
        else reply.Array(subcommands);
        for (int sub = id + 1; sub <= id + subcommands; sub++) WriteInfo(reply, sub);
    }

    /// <summary>Writes one value of COMMAND DOCS, subcommands included.</summary>
    /// <param name="reply">Where it goes.</param>
    /// <param name="id">The command.</param>
    public static void WriteDocs(ReplyWriter reply, int id)
    {
        Play(reply, DocsTapes[DocsTapeStart[id]..DocsTapeStart[id + 1]]);
        int subcommands = SubcommandCount[id];
        if (subcommands == 0) return;
        reply.Map(subcommands);
        for (int sub = id + 1; sub <= id + subcommands; sub++)
        {
            reply.Bulk(FullName(sub));
            WriteDocs(reply, sub);
        }
    }

    // The letters are those of the generator's TapeWriter.
    private static void Play(ReplyWriter reply, ReadOnlySpan<byte> tape)
    {
        while (!tape.IsEmpty)
        {
            byte kind = tape[0];
            tape = tape[1..];
            int number = TakeNumber(ref tape);
            switch (kind)
            {
                case (byte)'m': reply.Map(number); break;
                case (byte)'a': reply.Array(number); break;
                case (byte)'s': reply.Set(number); break;
                case (byte)'i': reply.Integer(number); break;
                case (byte)'n': reply.Integer(-number); break;
                case (byte)'w': reply.Bulk(Word(number)); break;
                case (byte)'q': reply.SimpleString(Word(number)); break;
                case (byte)'b': reply.Bulk(Take(ref tape, number)); break;
                case (byte)'p': reply.SimpleString(Take(ref tape, number)); break;
                default: throw new InvalidOperationException("A recorded reply is damaged.");
            }
        }
    }

    private static ReadOnlySpan<byte> Word(int index) => TapeWords[TapeWordStart[index]..TapeWordStart[index + 1]];

    private static ReadOnlySpan<byte> Take(ref ReadOnlySpan<byte> tape, int length)
    {
        ReadOnlySpan<byte> taken = tape[..length];
        tape = tape[length..];
        return taken;
    }

    private static int TakeNumber(ref ReadOnlySpan<byte> tape)
    {
        int number = 0;
        byte group;
        do
        {
            group = tape[0];
            tape = tape[1..];
            number = number << 5 | (group & 31);
        }
        while (group < 0x40);

        return number;
    }
}
