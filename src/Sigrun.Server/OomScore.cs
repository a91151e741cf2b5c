using System.Globalization;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Sigrun.Configuration;
using Sigrun.Observability;

namespace Sigrun.Server;

/// <summary>oom-score-adj: what the kernel thinks of the process when memory is short.</summary>
internal sealed class OomScore(EngineSettings settings, ServerLog log)
{
    private const string Score = "/proc/self/oom_score_adj";
    private const int ScoreMax = 1000;

    /// <summary>What it was before it was adjusted; null while it is not.</summary>
    private int? _before;

    /// <summary>Follows the directives: null, or why the score cannot be set, which the log tells more about.</summary>
    public string? Apply()
    {
        if (settings.Process.OomScoreAdjust == OomScoreAdjust.No)
        {
            if (_before is not { } before) return null;
            _before = null;
            return Describe(TryWrite(before));
        }
        if (_before is null && !TryRead()) return Describe(false);
        int score = settings.Process.OomScoreAdjustValues[0];
        if (settings.Process.OomScoreAdjust == OomScoreAdjust.Relative) score += _before!.Value;
        return Describe(TryWrite(Math.Clamp(score, -ScoreMax, ScoreMax)));
    }

    private static string? Describe(bool isDone) => isDone ? null : "Failed to set current oom_score_adj. Check server logs.";

    private bool TryRead()
    {
        // As in Valkey, a score that could not be read counts as none from here on.
        _before = 0;
        try
        {
            _before = int.Parse(File.ReadAllText(Score), NumberStyles.AllowLeadingSign | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture);
            return true;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            log.Warning("Unable to read oom_score_adj: " + ConfigurationFile.Reason(failure, Score));
            return false;
        }
    }

    private bool TryWrite(int score)
    {
        try
        {
            using SafeFileHandle file = File.OpenHandle(Score, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
            RandomAccess.Write(file, Encoding.ASCII.GetBytes(score.ToString(CultureInfo.InvariantCulture) + "\n"), 0);
            return true;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            log.Warning("Unable to write oom_score_adj: " + ConfigurationFile.Reason(failure, Score));
            return false;
        }
    }
}
