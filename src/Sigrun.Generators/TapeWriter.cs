using System.Text;

namespace Sigrun.Generators;

/// <summary>
/// Records replies in a compact form that the server only plays back: a letter for the kind, a number, and for text
/// its characters. Text that occurs again is a number into a table of words.
/// </summary>
/// <remarks>
/// Two passes: the first counts the words, the second writes. Everything is ASCII, so that the generated source
/// shows it as text. Numbers are written in groups of five bits, the highest first: all but the last group as
/// characters from 0x20 on, the last from 0x40 on. The reader is <c>CommandTable</c> in the engine.
/// </remarks>
internal sealed class TapeWriter
{
    private const int WordUsesMin = 2;
    private readonly Dictionary<string, int> _uses = [];
    private readonly StringBuilder _tape = new();
    private Dictionary<string, int>? _words;

    /// <summary>The words in the order of their numbers, the most frequent first. Ends the first pass.</summary>
    public IReadOnlyList<string> FixWords()
    {
        List<string> words =
        [
            .. _uses.Where(use => use.Value >= WordUsesMin)
                .OrderByDescending(use => use.Value).ThenBy(use => use.Key, StringComparer.Ordinal).Select(use => use.Key),
        ];
        _words = words.Select((word, index) => (word, index)).ToDictionary(w => w.word, w => w.index);
        return words;
    }

    public void Map(int pairs) => Mark('m', pairs);

    public void Array(int count) => Mark('a', count);

    public void Set(int count) => Mark('s', count);

    public void Integer(int value) => Mark(value < 0 ? 'n' : 'i', Math.Abs(value));

    public void Bulk(string text) => Text('b', 'w', text);

    public void Simple(string text) => Text('p', 'q', text);

    public void Field(string name, string value)
    {
        Bulk(name);
        Bulk(value);
    }

    /// <summary>What was recorded since the last call.</summary>
    public byte[] Take()
    {
        byte[] tape = Encoding.ASCII.GetBytes(_tape.ToString());
        _tape.Clear();
        return tape;
    }

    private void Text(char plain, char word, string text)
    {
        if (_words is null) _uses[text] = (_uses.TryGetValue(text, out int uses) ? uses : 0) + 1;
        else if (_words.TryGetValue(text, out int index)) Mark(word, index);
        else
        {
            Mark(plain, text.Length);
            _tape.Append(text);
        }
    }

    private void Mark(char kind, int number)
    {
        _tape.Append(kind);
        int shift = 0;
        while (number >> shift >= 32) shift += 5;
        for (; shift > 0; shift -= 5) _tape.Append((char)(0x20 + ((number >> shift) & 31)));
        _tape.Append((char)(0x40 + (number & 31)));
    }
}
