using Sigrun.Commands;
using Sigrun.Keyspace;
using Sigrun.Storage;

namespace Sigrun.Security;

/// <summary>Decides whether a user may run a command with its arguments.</summary>
/// <remarks>
/// Nobody asks for a user who may do everything (see <see cref="AclUser.IsUnrestricted"/>). For others it is a bit for the
/// command, and a comparison of each key or channel with the patterns; nothing is allocated. Keys are looked for once,
/// however many selectors there are.
/// </remarks>
internal static class AclCheck
{
    private const int UsualKeysMax = 16;

    /// <summary>Checks a command.</summary>
    /// <param name="user">Who would run it.</param>
    /// <param name="id">The command.</param>
    /// <param name="arguments">Its arguments, whose number suits the arity.</param>
    /// <param name="database">The database that it would run in.</param>
    /// <param name="databaseCount">How many databases there are.</param>
    public static AclVerdict Run(AclUser user, int id, ArgumentList arguments, int database, int databaseCount)
    {
        var request = new Request(id, arguments, database, databaseCount, new KeyPositions(stackalloc KeyPosition[UsualKeysMax]));
        var worst = new AclVerdict(AclDenial.Database, 0);
        foreach (AclSelector selector in user.Selectors)
        {
            AclVerdict verdict = request.Check(selector);
            if (verdict.IsAllowed)
            {
                worst = verdict;
                break;
            }
            if (verdict.Denial > worst.Denial || (verdict.Denial == worst.Denial && verdict.Argument > worst.Argument)) worst = verdict;
        }
        request.Dispose();
        return worst;
    }

    /// <summary>Whether a command may run that reads keys which its arguments do not name.</summary>
    public static bool MayReadAnyKey(AclUser user, int id, ArgumentList arguments, int database, int databaseCount)
    {
        var request = new Request(id, arguments, database, databaseCount, new KeyPositions(stackalloc KeyPosition[UsualKeysMax]));
        bool isAllowed = false;
        foreach (AclSelector selector in user.Selectors)
            isAllowed |= request.Check(selector).IsAllowed && selector.MayUseAllKeys(KeyPermissions.Read);
        request.Dispose();
        return isAllowed;
    }

    /// <summary>Whether patterns allow a channel; a pattern of channels has to be among them as it is.</summary>
    public static bool AllowsChannel(List<byte[]> patterns, ReadOnlySpan<byte> channel, bool isPattern)
    {
        foreach (byte[] pattern in patterns)
        {
            if (isPattern ? channel.SequenceEqual(pattern) : GlobPattern.Matches(pattern, channel)) return true;
        }
        return false;
    }

    /// <summary>A command with its arguments, and its keys once they were asked for.</summary>
    private ref struct Request(int id, ArgumentList arguments, int database, int databaseCount, KeyPositions keys)
    {
        private const AclCategories AboutData = AclCategories.Keyspace | AclCategories.Read | AclCategories.Write;

        private readonly ArgumentList _arguments = arguments;
        private KeyPositions _keys = keys;
        private bool _hasKeys;

        public AclVerdict Check(AclSelector selector)
        {
            if (!selector.AllowsAllDatabases && !MayUseDatabases(selector, out int argument)) return new AclVerdict(AclDenial.Database, argument);
            if (!selector.MayRun(id, _arguments)) return new AclVerdict(AclDenial.Command, 0);
            if (!selector.AllowsAllKeys && !MayUseKeys(selector, out argument)) return new AclVerdict(AclDenial.Key, argument);
            return selector.AllowsAllChannels || MayUseChannels(selector, out argument) ? default : new AclVerdict(AclDenial.Channel, argument);
        }

        public void Dispose() => _keys.Dispose();

        private readonly bool MayUseDatabases(AclSelector selector, out int argument)
        {
            argument = 0;
            if (CommandDatabases.NamesSome(id))
            {
                foreach (int named in CommandDatabases.Find(id, _arguments, databaseCount))
                {
                    if (NumberText.TryParseInt64(_arguments[named], out long target) && selector.MayUseDatabase((int)target, databaseCount)) continue;
                    // Only the log tells which one it was, and Valkey's does not for COPY.
                    if (id != CommandIds.Copy) argument = named;
                    return false;
                }
                return true;
            }
            if ((new CommandInfo(id).Flags & CommandFlags.AllDbs) != 0)
            {
                for (int i = 0; i < databaseCount; i++)
                {
                    if (!selector.MayUseDatabase(i, databaseCount)) return false;
                }
                return true;
            }
            bool isAboutData = (new CommandInfo(id).Categories & AboutData) != 0 || CommandTable.HasKeys(id);
            return !isAboutData || selector.MayUseDatabase(database, databaseCount);
        }

        private bool MayUseKeys(AclSelector selector, out int argument)
        {
            argument = 0;
            if (!_hasKeys)
            {
                _hasKeys = true;
                if (CommandTable.HasKeys(id)) CommandTable.FindKeys(id, _arguments, ref _keys);
            }
            foreach (KeyPosition key in _keys.Items)
            {
                if (MayUseKey(selector, _arguments[key.Index], PermissionsFor(key.Flags))) continue;
                argument = key.Index;
                return false;
            }
            return true;
        }

        private readonly bool MayUseChannels(AclSelector selector, out int argument)
        {
            (int start, int end) = CommandChannels.Find(id, _arguments.Count, out bool arePatterns);
            for (argument = start; argument < end; argument++)
            {
                if (!AllowsChannel(selector.Channels, _arguments[argument], arePatterns)) return false;
            }
            return true;
        }

        private static bool MayUseKey(AclSelector selector, ReadOnlySpan<byte> key, KeyPermissions permissions)
        {
            foreach (KeyPattern pattern in selector.KeyPatterns)
            {
                if ((pattern.Permissions & permissions) == permissions && GlobPattern.Matches(pattern.Pattern, key)) return true;
            }
            return false;
        }

        private static KeyPermissions PermissionsFor(KeyFlags flags)
        {
            const KeyFlags Writing = KeyFlags.Insert | KeyFlags.Delete | KeyFlags.Update;
            return ((flags & KeyFlags.Access) != 0 ? KeyPermissions.Read : KeyPermissions.None)
                | ((flags & Writing) != 0 ? KeyPermissions.Write : KeyPermissions.None);
        }
    }
}
