using System.Text;
using Sigrun.Configuration;

namespace Sigrun.Observability;

/// <summary>What the process is, as log lines show it.</summary>
internal enum LogRole : byte
{
    /// <summary>It watches other servers.</summary>
    Sentinel,

    /// <summary>It runs a job for another process.</summary>
    Child,

    /// <summary>It follows a primary.</summary>
    Replica,

    /// <summary>It follows nobody.</summary>
    Primary,
}

/// <summary>Lays out log lines as bytes, in the shapes that log-format and log-timestamp-format name.</summary>
/// <remarks>
/// Written without the formatting of the class library: the first line of a process is on the way to its first reply,
/// and pulling in cultures and time zones there costs more than all the rest of the start.
/// </remarks>
internal sealed class LogLine(LogBuffer target, int processId)
{
    private const string LevelMarks = ".-*#";
    private const string RoleMarks = "XCSM";
    private static readonly string[] Levels = ["debug", "info", "notice", "warning"];
    private static readonly string[] Roles = ["sentinel", "RDB/AOF", "replica", "primary"];
    private static readonly string[] Months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

    /// <summary>Adds a line in the shape the settings ask for.</summary>
    public void Append(ObservabilitySettings settings, LogRole role, LogLevel level, long unixMilliseconds, int utcOffsetSeconds, string message)
    {
        switch (settings.LogFormat)
        {
            case LogFormat.Logfmt:
                AppendLogfmt(settings.LogTimestampFormat, role, level, unixMilliseconds, utcOffsetSeconds, message);
                break;
            case LogFormat.Json:
                AppendJson(settings.LogTimestampFormat, role, level, unixMilliseconds, utcOffsetSeconds, message);
                break;
            default:
                target.Number(processId, 0);
                target.Ascii(':');
                target.Ascii(RoleMarks[(int)role]);
                target.Ascii(' ');
                Time(settings.LogTimestampFormat, unixMilliseconds, utcOffsetSeconds);
                target.Ascii(' ');
                target.Ascii(LevelMarks[(int)level]);
                target.Ascii(' ');
                target.Text(message);
                break;
        }

        target.Ascii('\n');
    }

    /// <summary>Adds the line of a signal, which has a shape of its own in every format.</summary>
    public void AppendSignal(long unixSeconds, string message)
    {
        target.Number(processId, 0);
        target.Text(":signal-handler (");
        target.Number(unixSeconds, 0);
        target.Text(") ");
        target.Text(message);
        target.Ascii('\n');
    }

    private void AppendLogfmt(LogTimestampFormat form, LogRole role, LogLevel level, long unixMilliseconds, int utcOffsetSeconds, string message)
    {
        target.Text("pid=");
        target.Number(processId, 0);
        target.Text(" role=");
        target.Text(Roles[(int)role]);
        target.Text(" timestamp=\"");
        Time(form, unixMilliseconds, utcOffsetSeconds);
        target.Text("\" level=");
        target.Text(Levels[(int)level]);
        target.Text(" message=\"");
        target.Text(message.Replace('"', '\'').Replace('\n', ' ').Replace('\r', ' '));
        target.Ascii('"');
    }

    private void AppendJson(LogTimestampFormat form, LogRole role, LogLevel level, long unixMilliseconds, int utcOffsetSeconds, string message)
    {
        target.Text("{\"pid\":");
        target.Number(processId, 0);
        target.Text(",\"role\":\"");
        target.Text(Roles[(int)role]);
        target.Text("\",\"timestamp\":\"");
        Time(form, unixMilliseconds, utcOffsetSeconds);
        target.Text("\",\"level\":\"");
        target.Text(Levels[(int)level]);
        target.Text("\",\"message\":\"");
        JsonText(message);
        target.Text("\"}");
    }

    private void JsonText(string message)
    {
        StringBuilder escaped = new(message.Length + 16);
        foreach (char c in message)
        {
            string? escape = c switch
            {
                '\\' => "\\\\",
                '"' => "\\\"",
                '\n' => "\\n",
                '\f' => "\\f",
                '\r' => "\\r",
                '\t' => "\\t",
                '\b' => "\\b",
                < ' ' => "\\u00" + (char)('0' + (c >> 4)) + "0123456789abcdef"[c & 15],
                _ => null,
            };
            _ = escape == null ? escaped.Append(c) : escaped.Append(escape);
        }

        target.Text(escaped.ToString());
    }

    private void Time(LogTimestampFormat form, long unixMilliseconds, int utcOffsetSeconds)
    {
        if (form == LogTimestampFormat.Milliseconds)
        {
            target.Number(unixMilliseconds, 0);
            return;
        }

        DateTime local = DateTime.UnixEpoch.AddTicks((unixMilliseconds + (utcOffsetSeconds * 1000L)) * TimeSpan.TicksPerMillisecond);
        if (form == LogTimestampFormat.Legacy)
        {
            target.Number(local.Day, 2);
            target.Ascii(' ');
            target.Text(Months[local.Month - 1]);
            target.Ascii(' ');
            target.Number(local.Year, 4);
            target.Ascii(' ');
            TimeOfDay(local);
            return;
        }

        target.Number(local.Year, 4);
        target.Ascii('-');
        target.Number(local.Month, 2);
        target.Ascii('-');
        target.Number(local.Day, 2);
        target.Ascii('T');
        TimeOfDay(local);
        Offset(utcOffsetSeconds);
    }

    private void TimeOfDay(DateTime local)
    {
        target.Number(local.Hour, 2);
        target.Ascii(':');
        target.Number(local.Minute, 2);
        target.Ascii(':');
        target.Number(local.Second, 2);
        target.Ascii('.');
        target.Number(local.Millisecond, 3);
    }

    private void Offset(int utcOffsetSeconds)
    {
        target.Ascii(utcOffsetSeconds < 0 ? '-' : '+');
        int minutes = Math.Abs(utcOffsetSeconds) / 60;
        target.Number(minutes / 60, 2);
        target.Ascii(':');
        target.Number(minutes % 60, 2);
    }
}
