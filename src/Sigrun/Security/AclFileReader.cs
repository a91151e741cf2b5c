using System.Text;

namespace Sigrun.Security;

/// <summary>Reads a file of users. It goes on behind a mistake, so that all of them are told at once.</summary>
/// <param name="rules">Makes users.</param>
/// <param name="file">The name of the file, for the description of mistakes.</param>
internal sealed class AclFileReader(AclRules rules, string file)
{
    private readonly StringBuilder _errors = new();

    /// <summary>All mistakes, each followed by a blank; empty when there are none.</summary>
    public string Errors => _errors.ToString();

    /// <summary>Reads the text of the file.</summary>
    public Dictionary<string, AclUser> Read(string text)
    {
        var users = new Dictionary<string, AclUser>();
        string[] lines = text.Split('\n');
        for (int i = 0; i < lines.Length; i++)
        {
            string line = lines[i].Trim(' ', '\t', '\r', '\n');
            if (line.Length > 0) ReadLine(line, i + 1, users);
        }
        return users;
    }

    private void ReadLine(string line, int number, Dictionary<string, AclUser> users)
    {
        string[] words = line.Split(' ');
        if (words[0] != "user" || words.Length < 2)
        {
            _errors.Append($"{file}:{number} should start with user keyword followed by the username. ");
            return;
        }
        string name = words[1];
        if (AclRules.HasBlanks(name))
        {
            _errors.Append($"'{file}:{number}: username '{name}' contains invalid characters. ");
            return;
        }
        AclUser user = rules.NewUser(name);
        if (!users.TryAdd(name, user))
        {
            _errors.Append($"WARNING: Duplicate user '{name}' found on line {number}. ");
            return;
        }
        if (AclRules.Merge(words.AsSpan(2), out _) is { } merged) Apply(user, merged, number);
        else _errors.Append($"{file}:{number}: Unmatched parenthesis in selector definition.");
    }

    /// <summary>Of mistakes that are not names of commands, only the first is told: it may have led to the others.</summary>
    private void Apply(AclUser user, List<string> words, int number)
    {
        bool hasMistake = false;
        foreach (string word in words)
        {
            string rule = word.Trim('\t', '\r', '\n');
            AclRuleError error = rules.Apply(user, rule);
            if (error == AclRuleError.None) continue;
            if (error == AclRuleError.UnknownCommand)
                _errors.Append($"{file}:{number}: Error in applying operation '{rule}': {AclRuleErrors.Text(error)}. ");
            else if (!hasMistake)
                _errors.Append($"{file}:{number}: {AclRuleErrors.Text(error)}. ");
            hasMistake |= error != AclRuleError.UnknownCommand;
        }
    }
}
