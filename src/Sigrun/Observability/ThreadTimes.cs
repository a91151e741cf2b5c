using System.Globalization;

namespace Sigrun.Observability;

/// <summary>CPU time of the calling thread, where the system tells it (Linux): in hundredths of a second.</summary>
internal readonly record struct ThreadTimes(double UserSeconds, double SystemSeconds)
{
    private const string Source = "/proc/thread-self/stat";

    /// <summary>The fields behind the name in brackets: user and system time are the 14th and 15th of the line.</summary>
    private const int UserField = 11;

    private const double TicksPerSecond = 100;

    /// <summary>Reads them; null where the system does not tell.</summary>
    public static ThreadTimes? Read()
    {
        if (!File.Exists(Source)) return null;
        string line = File.ReadAllText(Source);
        string[] fields = line[(line.LastIndexOf(')') + 2)..].Split(' ');
        return new ThreadTimes(Seconds(fields[UserField]), Seconds(fields[UserField + 1]));
    }

    private static double Seconds(string ticks) => long.Parse(ticks, CultureInfo.InvariantCulture) / TicksPerSecond;
}
