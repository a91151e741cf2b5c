using System.Buffers.Binary;

namespace Sigrun.Benchmark;

/// <summary>
/// The bytes of a command, or of several in a row, laid out once for a whole pipeline, and the places in them that get other
/// numbers each time they are sent.
/// </summary>
/// <remarks>
/// Placeholders are as long as the numbers that take their places, so nothing else moves: <see cref="Fill"/> writes over what
/// it wrote before. <c>__rand_int__</c> has a number of its own wherever it stands, each of the others, <c>__rand_1st__</c> to
/// <c>__rand_9th__</c>, one for all its places in the command.
/// </remarks>
internal sealed class RequestTemplate
{
    /// <summary>Length of every placeholder, and of the numbers.</summary>
    public const int NumberLength = 12;

    /// <summary>Kinds of placeholders.</summary>
    public const int PlaceholderKinds = 10;

    private readonly int _commandLength;
    private readonly int _repetitions;
    private readonly int[][] _places;

    /// <summary>Lays a command out.</summary>
    /// <param name="command">What is sent.</param>
    /// <param name="replies">Replies that it gets.</param>
    /// <param name="repetitions">How many times it is sent at once.</param>
    /// <param name="replacesPlaceholders">False to leave placeholders as they are.</param>
    public RequestTemplate(ReadOnlySpan<byte> command, int replies, int repetitions, bool replacesPlaceholders)
    {
        _commandLength = command.Length;
        _repetitions = repetitions;
        Replies = replies * repetitions;
        Bytes = new byte[command.Length * repetitions];
        for (int i = 0; i < repetitions; i++) command.CopyTo(Bytes.AsSpan(i * command.Length));
        _places = new int[PlaceholderKinds][];
        for (int kind = 0; kind < PlaceholderKinds; kind++) _places[kind] = replacesPlaceholders ? Find(command, Name(kind)) : [];
    }

    private RequestTemplate(RequestTemplate other)
    {
        _commandLength = other._commandLength;
        _repetitions = other._repetitions;
        _places = other._places;
        Replies = other.Replies;
        Bytes = [.. other.Bytes];
    }

    /// <summary>What is sent.</summary>
    public byte[] Bytes { get; }

    /// <summary>Replies that it gets.</summary>
    public int Replies { get; }

    /// <summary>A copy with bytes of its own.</summary>
    public RequestTemplate Copy() => new(this);

    /// <summary>Writes new numbers into all places.</summary>
    public void Fill(KeySource keys)
    {
        for (int kind = 0; kind < PlaceholderKinds; kind++)
        {
            int[] places = _places[kind];
            if (places.Length == 0) continue;
            keys.Take(kind, kind == 0 ? places.Length * _repetitions : _repetitions);
            for (int i = 0; i < _repetitions; i++) FillCommand(keys, Bytes.AsSpan(i * _commandLength, _commandLength), places, kind > 0);
        }
    }

    private static void FillCommand(KeySource keys, Span<byte> command, int[] places, bool areAlike)
    {
        Span<byte> first = command.Slice(places[0], NumberLength);
        Write(first, keys.Next());
        for (int i = 1; i < places.Length; i++)
        {
            Span<byte> place = command.Slice(places[i], NumberLength);
            if (areAlike) first.CopyTo(place);
            else Write(place, keys.Next());
        }
    }

    /// <summary>Writes a number below a trillion with zeros in front.</summary>
    private static void Write(Span<byte> place, ulong number)
    {
        (ulong high, ulong low) = Math.DivRem(number, 100_000_000);
        BinaryPrimitives.WriteUInt64LittleEndian(place[4..], EightDigits((uint)low));
        BinaryPrimitives.WriteUInt32LittleEndian(place, (uint)(EightDigits((uint)high) >> 32));
    }

    /// <summary>The eight digits of a number as text, the first in the lowest byte: halves, quarters and digits are divided side by side.</summary>
    private static ulong EightDigits(uint number)
    {
        uint quotient = number / 10_000;
        ulong fours = quotient | ((ulong)(number - (quotient * 10_000)) << 32);
        ulong hundreds = ((fours * 10_486) >> 20) & 0x0000_007f_0000_007f;
        ulong twos = hundreds | ((fours - (hundreds * 100)) << 16);
        ulong tens = ((twos * 103) >> 10) & 0x000f_000f_000f_000f;
        return (tens | ((twos - (tens * 10)) << 8)) | 0x3030_3030_3030_3030;
    }

    private static byte[] Name(int kind) => kind switch
    {
        0 => "__rand_int__"u8.ToArray(),
        1 => "__rand_1st__"u8.ToArray(),
        2 => "__rand_2nd__"u8.ToArray(),
        3 => "__rand_3rd__"u8.ToArray(),
        _ => [.. "__rand_"u8, (byte)('0' + kind), .. "th__"u8],
    };

    private static int[] Find(ReadOnlySpan<byte> command, ReadOnlySpan<byte> name)
    {
        var places = new List<int>();
        for (int from = 0; command[from..].IndexOf(name) is >= 0 and int at; from += at + NumberLength) places.Add(from + at);
        return [.. places];
    }
}
