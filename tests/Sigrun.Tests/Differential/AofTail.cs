using System.Globalization;
using System.Text;

namespace Sigrun.Tests.Differential;

/// <summary>Reads the commands that a server has appended to its append-only file since the last look.</summary>
public sealed class AofTail : IDisposable
{
    private readonly FileStream _file;
    private byte[] _rest = [];
    private int _database;

    public AofTail(string path) => _file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);

    /// <summary>The new commands, each with the database it applies to; SELECT is the file's own.</summary>
    public List<Effect> Take()
    {
        using var bytes = new MemoryStream();
        bytes.Write(_rest);
        _file.CopyTo(bytes);
        byte[] data = bytes.ToArray();
        var effects = new List<Effect>();
        int position = 0;
        while (TryRead(data, ref position) is { } arguments)
        {
            string name = Encoding.Latin1.GetString(arguments[0]).ToUpperInvariant();
            if (name == "SELECT") _database = int.Parse(Encoding.ASCII.GetString(arguments[1]), CultureInfo.InvariantCulture);
            else effects.Add(name is "MULTI" or "EXEC" ? Effect.Frame(name) : new Effect(_database, arguments));
        }
        _rest = data[position..];
        return effects;
    }

    public void Dispose() => _file.Dispose();

    private static byte[][]? TryRead(byte[] data, ref int position)
    {
        int at = position;
        if (TryLine(data, ref at, '*') is not { } count) return null;
        var arguments = new byte[count][];
        for (int i = 0; i < count; i++)
        {
            if (TryLine(data, ref at, '$') is not { } length || at + length + 2 > data.Length) return null;
            arguments[i] = data[at..(at + length)];
            at += length + 2;
        }
        position = at;
        return arguments;
    }

    private static int? TryLine(byte[] data, ref int at, char kind)
    {
        int end = Array.IndexOf(data, (byte)'\n', Math.Min(at, data.Length));
        if (end < 0) return null;
        if (data[at] != kind) throw new InvalidDataException($"Not {kind} at {at} of the new part of the file.");
        int number = int.Parse(Encoding.ASCII.GetString(data, at + 1, end - at - 2), CultureInfo.InvariantCulture);
        at = end + 1;
        return number;
    }
}

/// <summary>A change as the file states it, or the beginning or end of changes that belong together.</summary>
public sealed record Effect(int Database, byte[][] Arguments)
{
    private const int NoDatabase = -1;

    public bool IsFrame => Database == NoDatabase;

    public static Effect Frame(string word) => new(NoDatabase, [Encoding.ASCII.GetBytes(word)]);

    public override string ToString() => $"db{Database} " + Show.Command(Arguments);
}
