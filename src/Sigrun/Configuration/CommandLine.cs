using System.Text;

namespace Sigrun.Configuration;

/// <summary>What the arguments of the process say about the configuration.</summary>
/// <param name="ConfigFile">Path of the configuration file as given, or null.</param>
/// <param name="FromStandardInput">Whether more configuration is read from standard input.</param>
/// <param name="Options">The options as lines of a configuration file; null when there are no arguments at all.</param>
internal sealed record CommandLine(string? ConfigFile, bool FromStandardInput, string? Options)
{
    /// <summary>Reads the arguments, the name of the program not among them.</summary>
    /// <remarks>
    /// "--name" begins a line, everything else is quoted and added to the line. After a name that stands alone the
    /// next argument is a value even when it begins with "--"; save and sentinel, which may stand without one, are
    /// the exceptions. A lone "-" that comes first or last means standard input.
    /// </remarks>
    public static CommandLine Parse(ReadOnlySpan<string> args)
    {
        if (args.Length == 0)
            return new CommandLine(null, false, null);
        string? file = args[0].StartsWith('-') ? null : args[0];
        bool fromStandardInput = false;
        bool nameIsComplete = true;
        StringBuilder options = new();
        for (int i = file == null ? 0 : 1; i < args.Length; i++)
        {
            string arg = ConfigText.FromString(args[i]);
            if (arg == "-" && (i == 0 || i == args.Length - 1))
            {
                fromStandardInput = true;
            }
            else if (nameIsComplete && arg.StartsWith("--", StringComparison.Ordinal))
            {
                string? next = i + 1 < args.Length ? args[i + 1] : null;
                nameIsComplete = BeginLine(options, arg, next);
            }
            else
            {
                ConfigurationLine.AppendQuoted(options, arg);
                options.Append(' ');
                nameIsComplete = true;
            }
        }

        return new CommandLine(file, fromStandardInput, options.ToString());
    }

    /// <summary>Begins a line; false when the next argument has to be its value.</summary>
    private static bool BeginLine(StringBuilder options, string arg, string? next)
    {
        if (options.Length > 0)
            options.Append('\n');
        options.Append(arg, 2, arg.Length - 2).Append(' ');
        if (ConfigurationLine.Split(arg) is not { Length: 1 })
            return true;
        bool standsAlone = next == null || next.StartsWith("--", StringComparison.Ordinal);
        if (standsAlone && arg.Equals("--save", StringComparison.OrdinalIgnoreCase))
        {
            options.Append("\"\"");
            return next != null;
        }

        return standsAlone && next != null && arg.Equals("--sentinel", StringComparison.OrdinalIgnoreCase);
    }
}
