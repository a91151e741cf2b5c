using System.Buffers.Text;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Sigrun.Configuration;
using Sigrun.Server.Platform;
using Sigrun.Storage.Files;

namespace Sigrun.Server;

/// <summary>What ps and top show: the title takes the place of the arguments, in the memory where the system reads them.</summary>
/// <remarks>
/// That memory holds the environment too, behind the arguments. The C library and all that use it go on reading it, so the
/// variables get memory of their own before the first title is written.
/// </remarks>
internal sealed class ProcessTitle
{
    private const int TitleBytesMax = 255;

    /// <summary>Which field behind the process's name, counted from 1, is where the arguments begin; three more bounds follow.</summary>
    private const int FirstBound = 46;

    private readonly EngineSettings _settings;
    private readonly string? _configFile;
    private readonly string _program;
    private nint _start;
    private nint _end;

    /// <summary>Prepares a title.</summary>
    /// <param name="settings">The template, and most of what its variables stand for.</param>
    /// <param name="configFile">The configuration file, if there is one.</param>
    public ProcessTitle(EngineSettings settings, string? configFile)
    {
        _settings = settings;
        _configFile = configFile;
        ReadOnlySpan<byte> name = SystemReport.ProgramName();
        _program = Path.GetFullPath(name.Length > 0 ? Encoding.UTF8.GetString(name) : Environment.ProcessPath!);
    }

    /// <summary>Shows the title that the template makes now.</summary>
    public void Show()
    {
        string? title = ProcessTitleTemplate.Expand(_settings.Process.ProcessTitleTemplate!, ValueOf);
        if (title is null || !TryPrepare()) return;
        byte[] memory = new byte[_end - _start];
        ReadOnlySpan<byte> bytes = ConfigText.ToBytes(title);
        bytes[..Math.Min(bytes.Length, Math.Min(TitleBytesMax, memory.Length - 1))].CopyTo(memory);
        Marshal.Copy(memory, 0, _start, memory.Length);
    }

    private string? ValueOf(string variable) => variable switch
    {
        "title" => ConfigText.FromString(_program),
        "listen-addr" => Address() + ":" + Text(_settings.Network.Port != 0 ? _settings.Network.Port : _settings.Tls.Port),
        "server-mode" => _settings.Cluster.Enabled ? "[cluster]" : "",
        "config-file" => _configFile is null ? "-" : ConfigText.FromString(_configFile),
        "port" => Text(_settings.Network.Port),
        "tls-port" => Text(_settings.Tls.Port),
        "unixsocket" => _settings.Network.UnixSocket ?? "",
        _ => null,
    };

    private string Address() => _settings.Network.BindAddresses is [{ } first, ..] ? first : "*";

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    /// <summary>Finds the memory, the first time, and moves the environment away; false where it cannot be found.</summary>
    private bool TryPrepare()
    {
        if (_start != 0) return true;
        ReadOnlySpan<byte> fields = SystemReport.TryRead("/proc/self/stat"u8);
        fields = fields[(fields.LastIndexOf((byte)')') + 1)..];
        for (int i = 0; i < FirstBound; i++) fields = fields[(fields.IndexOf((byte)' ') + 1)..];
        nint start = NextNumber(ref fields);
        nint end = NextNumber(ref fields);
        nint variables = NextNumber(ref fields);
        nint last = NextNumber(ref fields);
        if (end == variables) end = last;
        if (start == 0 || end <= start) return false;
        if (!TryMoveEnvironment()) return false;
        (_start, _end) = (start, end);
        return true;
    }

    /// <summary>The number of the next field, 0 where it is none.</summary>
    private static nint NextNumber(ref ReadOnlySpan<byte> fields)
    {
        _ = Utf8Parser.TryParse(fields, out long number, out int length);
        fields = fields[Math.Min(length + 1, fields.Length)..];
        return (nint)number;
    }

    private static bool TryMoveEnvironment()
    {
        if (SystemReport.TryRead("/proc/self/environ"u8) is not { } variables) return false;
        PinnedBytes copy = new(variables.Length + 1);
        variables.CopyTo(copy.Span);
        for (int start = 0; start < variables.Length;)
        {
            int length = copy.Span[start..].IndexOf((byte)0);
            int separator = copy.Span.Slice(start, length).IndexOf((byte)'=');
            if (separator > 0)
            {
                copy.Span[start + separator] = 0;
                if (Libc.SetVariable(copy.Address + start, copy.Address + start + separator + 1, 1) != 0) return false;
            }
            start += length + 1;
        }
        return true;
    }
}
