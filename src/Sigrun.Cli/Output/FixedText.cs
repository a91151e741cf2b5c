using System.Globalization;

namespace Sigrun.Cli.Output;

/// <summary>Numbers with two decimals as C writes them.</summary>
internal static class FixedText
{
    /// <summary>Two decimals; what lies exactly between two of them goes to the even one.</summary>
    public static string Two(double value)
    {
        // Only eighths lie between: the third decimal is then a 5 and the last.
        double eighths = value * 8;
        if (eighths == Math.Floor(eighths) && Math.Abs(eighths) < 1L << 50) value = (double)Math.Round((decimal)value, 2, MidpointRounding.ToEven);
        if (double.IsNaN(value)) return double.IsNegative(value) ? "-nan" : "nan";
        if (double.IsInfinity(value)) return value > 0 ? "inf" : "-inf";
        return value.ToString("F2", CultureInfo.InvariantCulture);
    }

    /// <summary>Two decimals and at least five characters, with zeros in front.</summary>
    public static string Percent(double value)
    {
        string text = Two(value);
        return double.IsFinite(value) ? text.PadLeft(5, '0') : text.PadLeft(5);
    }
}
