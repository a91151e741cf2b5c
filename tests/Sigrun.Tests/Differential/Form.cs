namespace Sigrun.Tests.Differential;

/// <summary>One command form: words, random arguments, options, choices and repetitions.</summary>
internal sealed class Form(string[] tokens)
{
    private const int RepeatMax = 4;

    /// <summary>A command of this form.</summary>
    public List<byte[]> Expand(Random random, ArgumentPool pool)
    {
        var result = new List<byte[]>();
        int position = 0;
        Sequence(random, pool, ref position, result);
        return result;
    }

    /// <summary>Expands up to the end, a closing bracket or a bar; leaves the position there. A null result only skips.</summary>
    private void Sequence(Random random, ArgumentPool pool, ref int position, List<byte[]>? result)
    {
        while (position < tokens.Length && tokens[position] is not ("]" or ")" or ">+" or "|"))
        {
            string token = tokens[position++];
            switch (token)
            {
                case "[":
                    Sequence(random, pool, ref position, random.Next(3) == 0 ? result : null);
                    position++;
                    break;
                case "(":
                    Choice(random, pool, ref position, result);
                    break;
                case "<":
                    Repetition(random, pool, ref position, result);
                    break;
                default:
                    result?.Add(Argument(token, pool));
                    break;
            }
        }
    }

    private void Choice(Random random, ArgumentPool pool, ref int position, List<byte[]>? result)
    {
        int start = position;
        int count = 1;
        Sequence(random, pool, ref position, null);
        while (tokens[position] == "|")
        {
            position++;
            count++;
            Sequence(random, pool, ref position, null);
        }
        int end = position + 1;
        int chosen = random.Next(count);
        position = start;
        for (int i = 0; i < chosen; i++)
        {
            Sequence(random, pool, ref position, null);
            position++;
        }
        Sequence(random, pool, ref position, result);
        position = end;
    }

    private void Repetition(Random random, ArgumentPool pool, ref int position, List<byte[]>? result)
    {
        int start = position;
        for (int i = 1 + random.Next(RepeatMax); i > 0; i--)
        {
            position = start;
            Sequence(random, pool, ref position, result);
        }
        position++;
    }

    private static byte[] Argument(string token, ArgumentPool pool) =>
        token is ['{', var kind, '}'] ? pool.Next(kind) : System.Text.Encoding.ASCII.GetBytes(token);
}
