using System.Text;
using Sigrun.Client;

namespace Sigrun.Benchmark;

/// <summary>What the command line says to send: <c>[N] command args [';' [N] command args …]</c>.</summary>
/// <param name="Request">The commands as they are sent.</param>
/// <param name="Count">How many they are.</param>
internal sealed record CommandSequence(byte[] Request, int Count)
{
    /// <summary>Lays commands out.</summary>
    /// <param name="arguments">The command line.</param>
    /// <param name="values">Where data comes from.</param>
    /// <param name="dataSize">How long it is.</param>
    /// <exception cref="OptionException">There is no command.</exception>
    public static CommandSequence Read(ReadOnlySpan<byte[]> arguments, RandomText values, int dataSize)
    {
        var request = new RequestBuffer();
        int count = 0;
        while (!arguments.IsEmpty)
        {
            int length = IndexOfSeparator(arguments);
            ReadOnlySpan<byte[]> command = arguments[..length];
            arguments = arguments[Math.Min(length + 1, arguments.Length)..];
            int times = 1;
            if (!command.IsEmpty && command[0] is [>= (byte)'1' and <= (byte)'9', ..])
            {
                times = CNumber.ParseInt32(Encoding.Latin1.GetString(command[0]));
                command = command[1..];
            }
            if (command.IsEmpty) continue;
            byte[][] filled = Fill(command, values, dataSize);
            for (int i = 0; i < times; i++) request.Append(filled);
            count += times;
        }
        return count > 0 ? new CommandSequence(request.Bytes.ToArray(), count) : throw new OptionException("There is no command to send.");
    }

    private static int IndexOfSeparator(ReadOnlySpan<byte[]> arguments)
    {
        for (int i = 0; i < arguments.Length; i++)
        {
            if (arguments[i] is [(byte)';']) return i;
        }
        return arguments.Length;
    }

    private static byte[][] Fill(ReadOnlySpan<byte[]> command, RandomText values, int dataSize)
    {
        byte[][] filled = command.ToArray();
        for (int i = 0; i < filled.Length; i++)
        {
            ReadOnlySpan<byte> name = "__data__"u8;
            for (int at = 0; filled[i].AsSpan(at).IndexOf(name) is >= 0 and int found; at += found + dataSize)
                filled[i] = [.. filled[i].AsSpan(0, at + found), .. values.Next(dataSize), .. filled[i].AsSpan(at + found + name.Length)];
        }
        return filled;
    }
}
