using Sigrun.Configuration;
using Sigrun.Persistence.AppendOnly;

namespace Sigrun.CheckAof;

/// <summary>The tool: finds out what kind of file it is given and checks it, and what belongs to it.</summary>
/// <remarks>Its output is that of the reference server's tool, line for line, so that scripts keep working.</remarks>
internal sealed class AofCheck(TextWriter output, TextReader input)
{
    private bool _fixes;
    private long _toTimestamp;
    private long _line = 1;

    /// <summary>Runs the tool; the exit code.</summary>
    /// <param name="program">Its name, for the text on how to use it.</param>
    /// <param name="args">Its arguments.</param>
    public int Run(string program, string[] args)
    {
        if (args is ["-v" or "--version"])
        {
            output.Write($"sigrun-check-aof v={ServerIdentity.Version}\n");
            return 0;
        }
        string? path = args switch
        {
            [var file] => file,
            ["--fix", var file] => file,
            ["--truncate-to-timestamp", _, var file] => file,
            _ => null,
        };
        if (path is null)
        {
            output.Write($"Usage: {program} [--fix|--truncate-to-timestamp $timestamp] <file.manifest|file.aof>\n");
            return 1;
        }
        _fixes = args[0] == "--fix" && args.Length == 2;
        if (args.Length == 3) _toTimestamp = ReadTimestamp(args[1]);
        Check(path);
        return 0;
    }

    private void Check(string path)
    {
        if (IsManifest(path))
        {
            CheckParts(path);
            return;
        }
        bool isSnapshot = AofFileCheck.IsSnapshot(path);
        output.Write("Start checking Old-Style AOF\n");
        Report(CheckFile(path, path, isLast: true, isSnapshot), path, "AOF");
    }

    private void CheckParts(string path)
    {
        output.Write("Start checking Multi Part AOF\n");
        AofManifest manifest = ReadManifest(path);
        string directory = Path.GetDirectoryName(path) is { Length: > 0 } parent ? parent : ".";
        if (manifest.Base is { } file)
        {
            string part = Path.Combine(directory, ConfigText.ToString(file.Name));
            bool isSnapshot = AofFileCheck.IsSnapshot(part);
            output.Write($"Start to check BASE AOF ({(isSnapshot ? "RDB" : "RESP")} format).\n");
            Report(CheckFile(ConfigText.ToString(file.Name), part, manifest.Increments.Count == 0, isSnapshot), ConfigText.ToString(file.Name), "BASE AOF");
        }
        if (manifest.Increments.Count > 0) output.Write("Start to check INCR files.\n");
        foreach (AofFile increment in manifest.Increments)
        {
            string name = ConfigText.ToString(increment.Name);
            Report(CheckFile(name, Path.Combine(directory, name), increment == manifest.Increments[^1], isSnapshot: false), name, "INCR AOF");
        }
        output.Write("All AOF files and manifest are valid\n");
    }

    private static long ReadTimestamp(string text)
    {
        byte[] bytes = System.Text.Encoding.UTF8.GetBytes(text);
        long timestamp = DecimalText.Read(bytes, out int used, out bool isTooLarge);
        return used == bytes.Length && !isTooLarge ? timestamp : throw new CheckFailedException("Invalid timestamp, aborting...\n");
    }

    private AofFileState CheckFile(string name, string path, bool isLast, bool isSnapshot)
    {
        var check = new AofFileCheck(output, input, name, path)
        {
            Fixes = _fixes,
            ToTimestamp = _toTimestamp,
            IsLast = isLast,
            BeginsWithSnapshot = isSnapshot,
            FirstLine = _line,
        };
        AofFileState state = check.Run();
        _line = check.NextLine;
        return state;
    }

    private void Report(AofFileState state, string name, string kind)
    {
        string text = state switch
        {
            AofFileState.Valid => $"{kind} {name} is valid\n",
            AofFileState.Empty => $"{kind} {name} is empty\n",
            AofFileState.CutAtTimestamp => $"Successfully truncated AOF {name} to timestamp {_toTimestamp}\n",
            _ => $"Successfully truncated AOF {name}\n",
        };
        output.Write(text);
    }

    private AofManifest ReadManifest(string path)
    {
        try
        {
            return AofManifest.Parse(File.ReadAllBytes(path));
        }
        catch (AofManifestException fault)
        {
            AofDirectory.Report(fault, line => output.Write(line + "\n"));
            throw new CheckFailedException("");
        }
    }

    /// <summary>Whether the first line that is no comment begins as those of manifests do.</summary>
    private static bool IsManifest(string path)
    {
        using Stream stream = AofFileCheck.Open(path);
        using var reader = new AofReader(stream, 0);
        while (reader.TryReadLine(out ReadOnlySpan<byte> line))
        {
            if (line[0] != '#') return line.StartsWith("file"u8);
        }
        return false;
    }
}
