namespace Sigrun.Types.HyperLogLogs;

/// <summary>One run of equal registers: of zeros, in one byte or, if there are many, two; or of a value up to 32.</summary>
/// <remarks>
/// 00nnnnnn: n + 1 zeros. 01nnnnnn nnnnnnnn: n + 1 zeros, high bits first. 1vvvvvnn: n + 1 registers of v + 1.
/// </remarks>
/// <param name="Value">The value of the registers.</param>
/// <param name="Length">How many there are.</param>
/// <param name="Bytes">The bytes that tell it; 0 when they are cut off.</param>
internal readonly record struct SparseRun(int Value, int Length, int Bytes)
{
    /// <summary>The greatest value that a run can have.</summary>
    public const int ValueMax = 32;

    /// <summary>Most registers of a value.</summary>
    public const int ValueLengthMax = 4;

    /// <summary>Most zeros in one byte.</summary>
    public const int ShortZerosMax = 64;

    /// <summary>Most bytes of a run.</summary>
    public const int BytesMax = 2;

    private const byte ValueBit = 0x80;
    private const byte KindMask = 0xC0;
    private const byte LongZeros = 0x40;

    /// <summary>Whether a byte begins a run of a value.</summary>
    public static bool IsValue(byte code) => (code & ValueBit) != 0;

    /// <summary>Whether a byte begins a run of two bytes.</summary>
    public static bool IsLongZeros(byte code) => (code & KindMask) == LongZeros;

    /// <summary>The run that begins at a place inside the codes.</summary>
    public static SparseRun At(ReadOnlySpan<byte> codes, int at)
    {
        byte code = codes[at];
        if (IsValue(code)) return new SparseRun((code >> 2 & 31) + 1, (code & 3) + 1, 1);
        if (!IsLongZeros(code)) return new SparseRun(0, (code & 63) + 1, 1);
        return at + 1 < codes.Length ? new SparseRun(0, ((code & 63) << 8 | codes[at + 1]) + 1, 2) : default;
    }

    /// <summary>Writes a run of a value; returns its bytes.</summary>
    public static int WriteValue(Span<byte> codes, int value, int length)
    {
        codes[0] = (byte)(value - 1 << 2 | length - 1 | ValueBit);
        return 1;
    }

    /// <summary>Writes a run of zeros; returns its bytes.</summary>
    public static int WriteZeros(Span<byte> codes, int length)
    {
        int rest = length - 1;
        if (length <= ShortZerosMax)
        {
            codes[0] = (byte)rest;
            return 1;
        }
        codes[0] = (byte)(rest >> 8 | LongZeros);
        codes[1] = (byte)rest;
        return 2;
    }
}
