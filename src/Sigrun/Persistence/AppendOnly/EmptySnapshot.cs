using System.Text;
using Sigrun.Storage;

namespace Sigrun.Persistence.AppendOnly;

/// <summary>The snapshot of no data, with which the append-only file of a new server begins.</summary>
/// <remarks>Loads nothing but such snapshots, by looking whether anything lies between header and end.</remarks>
internal sealed class EmptySnapshot : ISnapshotLoader
{
    private const byte AuxOpcode = 250;
    private const byte EndOpcode = 255;
    private const int HeaderBytes = 9;
    private const int LookedAtMax = 64 * 1024;

    /// <summary>The bytes of one that an engine writes now.</summary>
    public static byte[] Write(Engine engine)
    {
        var writer = new RdbWriter();
        writer.WriteRaw(Encoding.ASCII.GetBytes($"VALKEY{RdbFormat.Version:000}"));
        WriteAux(writer, "valkey-ver"u8, Encoding.ASCII.GetBytes(ServerIdentity.ValkeyVersion));
        WriteAux(writer, "redis-bits"u8, "64"u8);
        WriteAux(writer, "ctime"u8, Digits(engine.NowMs / 1000));
        WriteAux(writer, "used-mem"u8, Digits(GC.GetTotalMemory(forceFullCollection: false)));
        WriteAux(writer, "aof-base"u8, "1"u8);
        writer.WriteByte(EndOpcode);
        writer.WriteUInt64(engine.Settings.Persistence.RdbChecksum ? Crc64.Compute(writer.Written) : 0);
        return writer.Written.ToArray();
    }

    /// <inheritdoc/>
    public bool TryLoad(Engine engine, Stream stream, out long length)
    {
        if (TryMeasure(stream, out length)) return true;
        engine.Log.Warning("The file begins with a snapshot that holds data, which this version cannot load yet");
        return false;
    }

    /// <summary>The length of such a snapshot at the beginning of a file; false when there is another one, or none.</summary>
    public static bool TryMeasure(Stream stream, out long length)
    {
        var bytes = new byte[LookedAtMax];
        int count = stream.ReadAtLeast(bytes, LookedAtMax, throwOnEndOfStream: false);
        return TryFindEnd(bytes.AsSpan(0, count), out length);
    }

    private static void WriteAux(RdbWriter writer, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        writer.WriteByte(AuxOpcode);
        writer.WriteString(name);
        writer.WriteString(value);
    }

    private static byte[] Digits(long number)
    {
        Span<byte> text = stackalloc byte[NumberText.Int64Max];
        return text[..NumberText.FormatInt64(text, number)].ToArray();
    }

    private static bool TryFindEnd(ReadOnlySpan<byte> file, out long length)
    {
        length = 0;
        int at = HeaderBytes;
        while (at < file.Length)
        {
            byte opcode = file[at++];
            switch (opcode)
            {
                case AuxOpcode:
                    if (!TrySkipString(file, ref at) || !TrySkipString(file, ref at)) return false;
                    break;
                case EndOpcode:
                    length = at + sizeof(ulong);
                    return length <= file.Length;
                default:
                    return false;
            }
        }
        return false;
    }

    /// <summary>Skips a short string, or one that is stored as an integer.</summary>
    private static bool TrySkipString(ReadOnlySpan<byte> file, ref int at)
    {
        if (at >= file.Length) return false;
        byte first = file[at++];
        switch (first >> 6)
        {
            case RdbFormat.Length6Bits:
                at += first & 63;
                return true;
            case RdbFormat.Length14Bits when at < file.Length:
                at += (first & 63) << 8 | file[at];
                at++;
                return true;
            case RdbFormat.SpecialEncoding when (first & 63) <= 2:
                at += 1 << (first & 63);
                return true;
            default:
                return false;
        }
    }
}
