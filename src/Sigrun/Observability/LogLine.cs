using System.Buffers;
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
internal sealed class LogLine(ArrayBufferWriter<byte> target, int processId)
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
                Number(processId, 0);
                Ascii(':');
                Ascii(RoleMarks[(int)role]);
                Ascii(' ');
                Time(settings.LogTimestampFormat, unixMilliseconds, utcOffsetSeconds);
                Ascii(' ');
                Ascii(LevelMarks[(int)level]);
                Ascii(' ');
                Text(message);
                break;
        }

        Ascii('\n');
    }

    /// <summary>Adds the line of a signal, which has a shape of its own in every format.</summary>
    public void AppendSignal(long unixSeconds, string message)
    {
        Number(processId, 0);
        Text(":signal-handler (");
        Number(unixSeconds, 0);
        Text(") ");
        Text(message);
        Ascii('\n');
    }

    /// <summary>Adds text as it is.</summary>
    public void Text(string text) => target.Advance(Encoding.UTF8.GetBytes(text, target.GetSpan(Encoding.UTF8.GetMaxByteCount(text.Length))));

    private void AppendLogfmt(LogTimestampFormat form, LogRole role, LogLevel level, long unixMilliseconds, int utcOffsetSeconds, string message)
    {
        Text("pid=");
        Number(processId, 0);
        Text(" role=");
        Text(Roles[(int)role]);
        Text(" timestamp=\"");
        Time(form, unixMilliseconds, utcOffsetSeconds);
        Text("\" level=");
        Text(Levels[(int)level]);
        Text(" message=\"");
        Text(message.Replace('"', '\'').Replace('\n', ' ').Replace('\r', ' '));
        Ascii('"');
    }

    private void AppendJson(LogTimestampFormat form, LogRole role, LogLevel level, long unixMilliseconds, int utcOffsetSeconds, string message)
    {
        Text("{\"pid\":");
        Number(processId, 0);
        Text(",\"role\":\"");
        Text(Roles[(int)role]);
        Text("\",\"timestamp\":\"");
        Time(form, unixMilliseconds, utcOffsetSeconds);
        Text("\",\"level\":\"");
        Text(Levels[(int)level]);
        Text("\",\"message\":\"");
        JsonText(message);
        Text("\"}");
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

        Text(escaped.ToString());
    }

    private void Time(LogTimestampFormat form, long unixMilliseconds, int utcOffsetSeconds)
    {
        if (form == LogTimestampFormat.Milliseconds)
        {
            Number(unixMilliseconds, 0);
            return;
        }

        DateTime local = DateTime.UnixEpoch.AddTicks((unixMilliseconds + (utcOffsetSeconds * 1000L)) * TimeSpan.TicksPerMillisecond);
        if (form == LogTimestampFormat.Legacy)
        {
            Number(local.Day, 2);
            Ascii(' ');
            Text(Months[local.Month - 1]);
            Ascii(' ');
            Number(local.Year, 4);
            Ascii(' ');
            TimeOfDay(local);
            return;
        }

        Number(local.Year, 4);
        Ascii('-');
        Number(local.Month, 2);
        Ascii('-');
        Number(local.Day, 2);
        Ascii('T');
        TimeOfDay(local);
        Offset(utcOffsetSeconds);
    }

    private void TimeOfDay(DateTime local)
    {
        Number(local.Hour, 2);
        Ascii(':');
        Number(local.Minute, 2);
        Ascii(':');
        Number(local.Second, 2);
        Ascii('.');
        Number(local.Millisecond, 3);
    }

    private void Offset(int utcOffsetSeconds)
    {
        Ascii(utcOffsetSeconds < 0 ? '-' : '+');
        int minutes = Math.Abs(utcOffsetSeconds) / 60;
        Number(minutes / 60, 2);
        Ascii(':');
        Number(minutes % 60, 2);
    }

    private void Ascii(char c)
    {
        target.GetSpan(1)[0] = (byte)c;
        target.Advance(1);
    }

    private void Number(long value, int width)
    {
        Span<byte> digits = stackalloc byte[20];
        int i = digits.Length;
        do
        {
            digits[--i] = (byte)('0' + (value % 10));
            value /= 10;
        }
        while (value != 0 || digits.Length - i < width);

        target.Write(digits[i..]);
    }
}
