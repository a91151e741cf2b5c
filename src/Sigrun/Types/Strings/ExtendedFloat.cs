namespace Sigrun.Types.Strings;

/// <summary>
/// A floating-point number with 64 bits of mantissa and 15 of exponent: what x86 calls the extended format
/// and C, there, <c>long double</c>.
/// </summary>
/// <remarks>
/// <para>
/// INCRBYFLOAT and HINCRBYFLOAT are defined by this arithmetic: 3.0 plus 1.1 is stored as 4.1, which neither
/// a double nor a decimal type would give in all cases. So it is done here by integers: correctly rounded to
/// the nearest, ties to even, with gradual underflow, on every processor.
/// </para>
/// <para>
/// The value is mantissa · 2^exponent. Bit 63 of the mantissa is set, but for zero and for numbers below the
/// normal range, which have <see cref="ExponentMin"/>. What is too large is infinite; infinity minus infinity
/// is infinite here too, because its only use is to be refused.
/// </para>
/// </remarks>
internal readonly struct ExtendedFloat
{
    /// <summary>The exponent of the smallest numbers.</summary>
    public const int ExponentMin = -16445;

    /// <summary>The exponent of the largest numbers.</summary>
    public const int ExponentMax = 16320;

    private const int MantissaBits = 64;

    /// <summary>Bits kept below the mantissas while two numbers are added: a carry still fits above them.</summary>
    private const int GuardBits = 62;

    private ExtendedFloat(bool isNegative, ulong mantissa, int exponent, bool isFinite)
    {
        IsNegative = isNegative;
        Mantissa = mantissa;
        Exponent = exponent;
        _isInfinite = !isFinite;
    }

    private readonly bool _isInfinite;

    /// <summary>The sign.</summary>
    public bool IsNegative { get; }

    /// <summary>The 64 bits in front.</summary>
    public ulong Mantissa { get; }

    /// <summary>The power of two that the mantissa is multiplied by.</summary>
    public int Exponent { get; }

    /// <summary>Whether it is a number.</summary>
    public bool IsFinite => !_isInfinite;

    /// <summary>Whether it is zero of either sign.</summary>
    public bool IsZero => Mantissa == 0 && IsFinite;

    /// <summary>An infinite value.</summary>
    public static ExtendedFloat Infinity(bool isNegative) => new(isNegative, 0, 0, isFinite: false);

    /// <summary>An integer, which is always exact.</summary>
    public static ExtendedFloat FromInteger(long value) =>
        Round(value < 0, value < 0 ? 0 - (ulong)value : (ulong)value, 0, hasRest: false);

    /// <summary>The number nearest to significand · 2^exponent.</summary>
    /// <param name="isNegative">The sign.</param>
    /// <param name="significand">The leading bits.</param>
    /// <param name="exponent">The power of two of its last bit; far from the limits of an int.</param>
    /// <param name="hasRest">
    /// Whether more, less than the last bit, was cut off; only with a significand of more than 64 bits.
    /// </param>
    public static ExtendedFloat Round(bool isNegative, UInt128 significand, int exponent, bool hasRest)
    {
        if (significand == 0) return new ExtendedFloat(isNegative, 0, ExponentMin, isFinite: true);
        int bits = 128 - (int)UInt128.LeadingZeroCount(significand);
        int cut = Math.Max(bits - MantissaBits, ExponentMin - exponent);
        UInt128 mantissa = cut <= 0 ? significand << -cut : RoundOff(significand, cut, hasRest);
        exponent += cut;
        if (mantissa >> MantissaBits != 0)
        {
            mantissa >>= 1;
            exponent++;
        }
        return exponent > ExponentMax ? Infinity(isNegative) : new ExtendedFloat(isNegative, (ulong)mantissa, exponent, isFinite: true);
    }

    /// <summary>About the same as a double; infinite where that is too large.</summary>
    public double ToDouble()
    {
        double magnitude = IsFinite ? Math.ScaleB(Mantissa, Exponent) : double.PositiveInfinity;
        return IsNegative ? -magnitude : magnitude;
    }

    /// <summary>The sum.</summary>
    public static ExtendedFloat operator +(ExtendedFloat left, ExtendedFloat right)
    {
        if (!left.IsFinite) return left;
        if (!right.IsFinite) return right;
        (ExtendedFloat large, ExtendedFloat small) = left.IsBelow(right) ? (right, left) : (left, right);
        if (small.IsZero) return large;

        int distance = large.Exponent - small.Exponent;
        UInt128 a = (UInt128)large.Mantissa << GuardBits;
        UInt128 whole = (UInt128)small.Mantissa << GuardBits;
        UInt128 b = distance < 128 ? whole >> distance : 0;
        bool hasRest = distance >= 128 || b << distance != whole;
        if (large.IsNegative == small.IsNegative)
        {
            a += b;
        }
        else
        {
            // What was cut off the subtrahend is missing from the difference: one less, and a rest.
            a -= b;
            if (hasRest) a--;
        }
        return Round(large.IsNegative && a != 0, a, large.Exponent - GuardBits, hasRest);
    }

    /// <summary>Whether the magnitude is below that of the other.</summary>
    private bool IsBelow(ExtendedFloat other) =>
        IsZero || (!other.IsZero && (Exponent < other.Exponent || (Exponent == other.Exponent && Mantissa < other.Mantissa)));

    /// <summary>Cuts bits off the end; to the nearest, ties to even.</summary>
    private static UInt128 RoundOff(UInt128 value, int cut, bool hasRest)
    {
        if (cut > 128) return 0;
        UInt128 kept = cut == 128 ? 0 : value >> cut;
        UInt128 half = UInt128.One << (cut - 1);
        UInt128 lost = value & ((half - 1) | half);
        bool up = lost > half || (lost == half && (hasRest || !UInt128.IsEvenInteger(kept)));
        return up ? kept + 1 : kept;
    }
}
