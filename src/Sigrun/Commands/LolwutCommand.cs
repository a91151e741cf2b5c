using System.Text;
using Sigrun.Storage;

namespace Sigrun.Commands;

/// <summary>LOLWUT: a picture and the version. Ours is a weave: each row follows from the one above by one of Wolfram's rules.</summary>
internal static class LolwutCommand
{
    private const int WidthMax = 160;
    private const int HeightMax = 80;

    /// <summary>Rules that neither die out nor repeat soon.</summary>
    private static readonly byte[] Rules = [22, 30, 60, 73, 90, 105, 110, 150];

    [Command("LOLWUT", Arity = -1, Flags = CommandFlags.ReadOnly | CommandFlags.Fast, Group = CommandGroup.Server, Since = "5.0.0",
        Summary = "Shows a picture and the version.", Syntax = "[version=VERSION version]")]
    public static void Lolwut(CommandContext c)
    {
        int index = 1;
        long version = 9;
        if (c.ArgCount >= 3 && c.ArgIs(1, "version"u8))
        {
            if (!TryNumber(c, 2, ref version)) return;
            index = 3;
        }
        long width = 64;
        long height = 24;
        if (!TryNumber(c, index, ref width) || !TryNumber(c, index + 1, ref height)) return;
        string product = c.Engine.Settings.Types.ExtendedRedisCompatibility ? "Redis" : "Valkey";
        string number = c.Engine.Settings.Types.ExtendedRedisCompatibility ? ServerIdentity.RedisVersion : ServerIdentity.ValkeyVersion;
        string text = version is 5 or 6 or 9
            ? Draw(ref c.Engine.Random, (int)Math.Clamp(width, 1, WidthMax), (int)Math.Clamp(height, 1, HeightMax)) + $" {product} ver. {number}\n"
            : $"{product} ver.{number}\n";
        c.Reply.Verbatim("txt"u8, Encoding.UTF8.GetBytes(text));
    }

    private static bool TryNumber(CommandContext c, int index, ref long number)
    {
        if (index >= c.ArgCount || NumberText.TryParseInt64(c.Arg(index), out number)) return true;
        c.Reply.Error(CommandErrors.NotAnInteger);
        return false;
    }

    private static string Draw(ref RandomSource random, int width, int height)
    {
        int rule = Rules[(int)random.NextBounded((ulong)Rules.Length)];
        bool[] above = new bool[width];
        for (int i = 0; i < width; i++) above[i] = random.NextBounded(4) == 0;
        var text = new StringBuilder();
        for (int y = 0; y < height; y++)
        {
            bool[] row = new bool[width];
            for (int x = 0; x < width; x++)
            {
                int neighbours = (above[(x + width - 1) % width] ? 4 : 0) + (above[x] ? 2 : 0) + (above[(x + 1) % width] ? 1 : 0);
                row[x] = ((rule >> neighbours) & 1) != 0;
                text.Append(above[x] ? row[x] ? '█' : '▀' : row[x] ? '▄' : ' ');
            }
            text.Append('\n');
            above = row;
        }
        return text.Append("\nA weave after rule ").Append(rule).Append('.').ToString();
    }
}
