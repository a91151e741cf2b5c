using System.Text;
using Sigrun.Cli.Output;
using Sigrun.Client;
using Sigrun.Storage;

namespace Sigrun.Cli.Modes;

/// <summary>Uses the server as a cache: a fifth of the keys gets four fifths of the reads and writes.</summary>
internal sealed class LruTest(Session session)
{
    private const int PipelineLength = 250;
    private const int ValueBytes = 5;
    private const long CycleMs = 1000;

    /// <summary>The power law with this exponent is the rule of 80 and 20.</summary>
    private const double Alpha = 6.2;

    private RandomSource _random = new((ulong)ToolClock.Microseconds ^ (ulong)Environment.ProcessId);

    /// <summary>Reads and writes without end, and says once a second how often the cache had the key.</summary>
    public void Run()
    {
        ServerConnection server = session.Require();
        while (true)
        {
            long start = ToolClock.Milliseconds;
            long hits = 0;
            long misses = 0;
            while (ToolClock.Milliseconds - start < CycleMs)
            {
                try
                {
                    Write(server);
                    Read(server, ref hits, ref misses);
                }
                catch (ConnectionException)
                {
                    session.Console.Flush();
                    throw ExitException.Failure("I/O error during LRU test");
                }
            }
            double all = hits + misses;
            session.Console.PrintLine($"{hits + misses} Gets/sec | Hits: {hits} ({FixedText.Two(hits / all * 100)}%) | Misses: {misses} ({FixedText.Two(misses / all * 100)}%)");
            session.Console.Flush();
        }
    }

    private void Write(ServerConnection server)
    {
        byte[] command = "SET"u8.ToArray();
        for (int i = 0; i < PipelineLength; i++)
        {
            var value = new byte[ValueBytes];
            for (int j = 0; j < ValueBytes; j++) value[j] = (byte)('A' + _random.NextInt('z' - 'A'));
            server.Append(command, NextKey(), value);
        }
        for (int i = 0; i < PipelineLength; i++) server.Read();
    }

    private void Read(ServerConnection server, ref long hits, ref long misses)
    {
        byte[] command = "GET"u8.ToArray();
        for (int i = 0; i < PipelineLength; i++) server.Append(command, NextKey());
        for (int i = 0; i < PipelineLength; i++)
        {
            Reply reply = server.Read();
            if (reply.IsError) session.Console.Error(reply.Bytes);
            else if (reply.Type == ReplyType.Nil) misses++;
            else hits++;
        }
    }

    private byte[] NextKey() => Encoding.ASCII.GetBytes($"lru:{NextNumber(session.Options.LruTestKeys)}");

    /// <summary>A number from 1 to the highest; low ones are more frequent.</summary>
    private long NextNumber(long highest)
    {
        double top = Math.Pow(highest + 1, Alpha + 1);
        double power = Math.Pow(((top - 1) * _random.NextDouble()) + 1, 1 / (Alpha + 1));
        return highest - (long)power + 1;
    }
}
