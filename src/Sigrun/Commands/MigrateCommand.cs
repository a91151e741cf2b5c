using Sigrun.Migration;
using Sigrun.Storage;

namespace Sigrun.Commands;

/// <summary>MIGRATE: keys to another server.</summary>
internal static class MigrateCommand
{
    private const int SingleKey = 3;
    private const int FirstOption = 6;
    private const int DefaultTimeoutMs = 1000;

    /// <summary>The longest wait that can be asked for: 35 minutes, as microseconds in 32 bits.</summary>
    private const int TimeoutMaxMs = int.MaxValue / 1000;

    [Command("MIGRATE", Arity = -6, Flags = CommandFlags.Write, Group = CommandGroup.Generic, Since = "2.6.0", Complexity = "O(N)",
        Keys = "3 RW access delete; KEYS@-2..-1 RW access delete incomplete", KeyFunction = nameof(MigrateKeys), Acl = "dangerous",
        Tips = "nondeterministic_output", Summary = "Moves keys to another server.",
        Syntax = "host port <key-selector=key|<empty-string='\"\"'>> destination-db timeout:int [COPY@3.0.0] [REPLACE@3.0.0] "
            + "[authentication=<auth=AUTH password@4.0.7>|<AUTH2 username password>@6.0.0] [keys=KEYS key [key ...]]@3.0.6",
        History = ["3.0.0: COPY and REPLACE", "3.0.6: KEYS", "4.0.7: AUTH", "6.0.0: AUTH2"])]
    public static void Migrate(CommandContext c)
    {
        if (!TryReadOptions(c, out MigrateRequest request) || !TryReadNumbers(c, ref request)) return;
        (c.Engine.Migrator ??= new Migrator(c.Engine)).Run(c, request);
    }

    /// <summary>The keys of MIGRATE: one, or all behind KEYS; none where both are there, which is an error.</summary>
    public static void MigrateKeys(ArgumentList arguments, ref KeyPositions keys)
    {
        const KeyFlags Use = KeyFlags.ReadWrite | KeyFlags.Access | KeyFlags.Delete;
        for (int i = FirstOption; i < arguments.Count; i++)
        {
            if (arguments.Is(i, "keys"u8))
            {
                if (arguments[SingleKey].Length > 0) return;
                for (int key = i + 1; key < arguments.Count; key++) keys.Add(key, Use);
                return;
            }
            if (arguments.Is(i, "auth"u8)) i++;
            else if (arguments.Is(i, "auth2"u8)) i += 2;
        }
        keys.Add(SingleKey, Use);
    }

    private static bool TryReadOptions(CommandContext c, out MigrateRequest request)
    {
        request = new MigrateRequest { FirstKey = SingleKey, KeyCount = 1 };
        for (int i = FirstOption; i < c.ArgCount; i++)
        {
            int left = c.ArgCount - 1 - i;
            if (c.ArgIs(i, "copy"u8))
            {
                request.Copies = true;
            }
            else if (c.ArgIs(i, "replace"u8))
            {
                request.Replaces = true;
            }
            else if (c.ArgIs(i, "auth"u8) && left >= 1)
            {
                c.Redact(request.Password = ++i);
            }
            else if (c.ArgIs(i, "auth2"u8) && left >= 2)
            {
                c.Redact(request.User = ++i);
                c.Redact(request.Password = ++i);
            }
            else if (c.ArgIs(i, "keys"u8))
            {
                request.FirstKey = i + 1;
                request.KeyCount = left;
                return c.Arg(SingleKey).Length == 0
                    || c.Refuse("ERR When using MIGRATE KEYS option, the key argument must be set to the empty string"u8);
            }
            else
            {
                return c.Refuse(CommandErrors.Syntax);
            }
        }
        return true;
    }

    private static bool TryReadNumbers(CommandContext c, ref MigrateRequest request)
    {
        if (!NumberText.TryParseInt64(c.Arg(5), out long timeoutMs) || !NumberText.TryParseInt64(c.Arg(4), out request.Database))
            return c.Refuse(CommandErrors.NotAnInteger);
        request.TimeoutMs = timeoutMs <= 0 ? DefaultTimeoutMs : (int)Math.Min(timeoutMs, TimeoutMaxMs);
        return true;
    }
}
