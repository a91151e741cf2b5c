using Sigrun.Security;

namespace Sigrun.Configuration;

/// <summary>Reads configuration text line by line into settings.</summary>
/// <remarks>
/// A line is a directive and its arguments; blank lines and those that begin with '#' are skipped. The first line that
/// is not valid ends the start with a report that tools look for, so its shape is fixed to the byte.
/// </remarks>
internal sealed class ConfigurationLoader(ServerConfiguration configuration)
{
    private const int MaxIncludeDepth = 32;

    /// <summary>Names that older files still hold and that mean nothing any more; each takes one argument.</summary>
    private static readonly string[] Forgotten =
    [
        "list-max-ziplist-entries", "list-max-ziplist-value", "lua-replicate-commands", "io-threads-do-reads", "events-per-io-thread",
    ];

    private int _depth;

    /// <summary>Reads the file, then standard input, then the options; of two values the later one counts.</summary>
    /// <exception cref="ConfigurationException">Something is not valid.</exception>
    public void Load(CommandLine arguments, Func<string> readStandardInput)
    {
        if (arguments.Options == null)
            return;
        string text = configuration.ConfigFile is { } file
            ? ConfigurationFile.Read(ConfigText.FromString(file), configuration.Settings.Persistence.Directory)
            : "";
        if (arguments.FromStandardInput)
            text += readStandardInput();
        LoadText(text + "\n" + arguments.Options);
    }

    /// <summary>Reads configuration text.</summary>
    /// <exception cref="ConfigurationException">Something is not valid.</exception>
    public void LoadText(string text)
    {
        int number = 0;
        foreach (string raw in text.Split('\n'))
        {
            number++;
            string line = raw.Trim(' ', '\t', '\r', '\n');
            if (line.Length == 0 || line[0] is '#' or '\0')
                continue;
            string? error = LoadLine(line);
            if (error != null)
                throw ConfigurationException.BadLine(number, line, error);
        }

        CheckTogether();
    }

    private string? LoadLine(string line)
    {
        string[]? args = ConfigurationLine.Split(line);
        if (args == null)
            return "Unbalanced quotes in configuration line";
        if (args.Length == 0)
            return null;
        ReadOnlySpan<string> values = args.AsSpan(1);
        Directive? directive = configuration.Find(args[0]);
        if (directive != null)
            return SetDirective(directive, values);
        string name = args[0].ToLowerInvariant();
        if (values.Length == 1 && Array.IndexOf(Forgotten, name) >= 0)
            return null;
        if (name == "user" && values.Length > 0)
            return DeclareUser(args);
        if (name == "rename-command" && values.Length == 2)
            return configuration.Settings.Security.CommandNames.Rename(ConfigText.ToBytes(values[0]), ConfigText.ToBytes(values[1]));
        return name == "include" && values.Length == 1 ? Include(values[0]) : OtherLine(name, values.Length);
    }

    private string? SetDirective(Directive directive, ReadOnlySpan<string> values)
    {
        bool several = directive.Is(DirectiveFlags.MultipleArguments);
        if (!several && values.Length != 1)
            return "wrong number of arguments";
        if (several && values.Length == 1 && values[0].Length > 0)
            values = ConfigurationLine.Split(values[0]) ?? [];
        configuration.SetOne(directive, values, out string? error);
        return error;
    }

    /// <summary>Lines that name things that do not exist yet, so that they cannot be honoured, or nothing.</summary>
    private static string OtherLine(string name, int count) => name switch
    {
        "loadmodule" when count >= 1 => "Modules are not available in this version",
        "sentinel" when count == 0 => "Sentinel mode is not available in this version",
        "sentinel" => "sentinel directive while not in sentinel mode",
        _ when name.Contains('.') && count == 0 => "Module config specified without value",
        _ when name.Contains('.') => "Modules are not available in this version",
        _ => "Bad directive or wrong number of arguments",
    };

    /// <summary>Keeps a user's line until users are made; only commands that do not exist are found out then.</summary>
    private string? DeclareUser(string[] args)
    {
        SecuritySettings settings = configuration.Settings.Security;
        if (settings.Users.Exists(line => line.Name == args[1]))
            return UserMistake(args, 1, AclRuleError.DuplicateUser);
        if (AclRules.Merge(args.AsSpan(2), out int unmatched) is not { } merged)
            return UserMistake(args, unmatched, AclRuleError.Unmatched);
        AclRules rules = new(settings, static _ => { });
        AclUser user = rules.NewUser(args[1]);
        for (int i = 0; i < merged.Count; i++)
        {
            AclRuleError error = rules.Apply(user, merged[i]);
            if (error is not (AclRuleError.None or AclRuleError.UnknownCommand))
                return UserMistake(args, i, error);
        }
        settings.Users.Add(new AclUserLine(args[1], merged));
        return null;
    }

    /// <summary>Names the word that Valkey names: it counts the rules from the beginning of the line.</summary>
    private static string UserMistake(string[] args, int index, AclRuleError error) =>
        $"Error in user declaration '{args[index]}': {AclRuleErrors.Text(error)}";

    private string? Include(string path)
    {
        if (_depth == MaxIncludeDepth)
            return "Too many levels of include";
        _depth++;
        LoadText(ConfigurationFile.Read(path, configuration.Settings.Persistence.Directory));
        _depth--;
        return null;
    }

    private void CheckTogether()
    {
        EngineSettings settings = configuration.Settings;
        if (settings.Observability.LogFile is { Length: > 0 } logFile)
        {
            string path = Path.GetFullPath(ConfigText.ToString(logFile), settings.Persistence.Directory);
            try
            {
                // The log cannot complain about itself later.
                File.Open(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete).Dispose();
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
            {
                throw ConfigurationException.BadCombination("Can't open the log file: " + ConfigurationFile.Reason(failure, path));
            }
        }

        if (settings.Cluster.Enabled && settings.Replication.PrimaryHost != null)
            throw ConfigurationException.BadCombination("replicaof directive not allowed in cluster mode");
    }
}
