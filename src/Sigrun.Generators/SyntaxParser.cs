using System.Text.RegularExpressions;

namespace Sigrun.Generators;

/// <summary>
/// Parses the text of <c>CommandAttribute.Syntax</c> into the argument tree of COMMAND DOCS.
/// </summary>
/// <remarks>
/// The text is the syntax as a reference page shows it, with names where the page needs none:
/// <list type="bullet">
/// <item><c>word</c>: an argument, its type taken from its name (<see cref="ArgumentTypes"/>)</item>
/// <item><c>WORD</c> or <c>'='</c>: a fixed token; <c>WORD word</c>: an argument with that token</item>
/// <item><c>[…]</c>: optional; <c>&lt;…&gt;</c>: a group; <c>a|b</c> inside either: one of them</item>
/// <item><c>[name=…]</c>, <c>&lt;name=…&gt;</c>: names the group. Around a single argument it renames the argument,
/// whose own word stays its display text. A choice must be named, and so must a block, except that
/// <c>[LIMIT offset count]</c>, a token with several arguments, is a block of the token's name</item>
/// <item><c>x [x …]</c>: one or more; the bracket repeats the words, or is <c>[...]</c> behind a long group.
/// When it begins with the token, each repetition brings the token</item>
/// <item>Suffixes: <c>:int</c> (double, key, pattern, string, time) a type; <c>#1</c> the key spec (<c>#-</c> none);
/// <c>@7.0.0</c> since; <c>!7.0.0</c> deprecated since. Without <c>#</c> the n-th key belongs to the n-th spec, or
/// to the last</item>
/// </list>
/// </remarks>
internal sealed class SyntaxParser
{
    private static readonly Regex Label = new(@"\G\s*([a-z0-9][a-z0-9-]*)=", RegexOptions.CultureInvariant);
    private static readonly Regex TokenWord = new(@"\G(?:'([^']*)'|([A-Z][A-Z0-9_-]*))", RegexOptions.CultureInvariant);
    private static readonly Regex ArgumentWord = new(@"\G[a-z][a-z0-9:-]*", RegexOptions.CultureInvariant);
    private static readonly Regex Suffix = new(@"\G(?:#(\d+|-)|@([0-9.]+)|!([0-9.]+))", RegexOptions.CultureInvariant);

    private readonly string _text;
    private readonly int _specCount;
    private int _position;
    private int _keys;

    private SyntaxParser(string text, int specCount)
    {
        _text = text;
        _specCount = specCount;
    }

    /// <summary>The arguments of a syntax.</summary>
    /// <exception cref="FormatException">The text is malformed; the message says where.</exception>
    public static IReadOnlyList<Argument> Parse(string text, int specCount)
    {
        var parser = new SyntaxParser(text, specCount);
        List<Element> elements = parser.ParseElements();
        if (parser._position < text.Length) throw parser.Mistake($"'{text[parser._position]}' has no counterpart");
        return Bind(elements);
    }

    // Elements up to the end of the enclosing group or alternative.
    private List<Element> ParseElements()
    {
        var elements = new List<Element>();
        while (SkipBlanks() && _text[_position] is not (']' or '>' or '|'))
        {
            if (_text[_position] == '[' && RepetitionEnd() is int end and >= 0) ApplyRepetition(elements, end);
            else if (_text[_position] is '[' or '<') elements.Add(ParseGroup());
            else elements.Add(ParseWord());
        }

        return elements;
    }

    private Element ParseWord()
    {
        Match token = TokenWord.Match(_text, _position);
        if (token.Success)
        {
            _position += token.Length;
            string word = token.Groups[1].Success ? token.Groups[1].Value : token.Groups[2].Value;
            var pure = new Argument { Name = word.ToLowerInvariant(), Type = Argument.PureToken, Token = word };
            ApplySuffixes(pure);
            return new Element(pure, IsToken: true);
        }

        Match match = ArgumentWord.Match(_text, _position);
        if (!match.Success) throw Mistake("a word is expected");
        _position += match.Length;
        return new Element(ParseArgument(match.Value), IsToken: false);
    }

    private Argument ParseArgument(string word)
    {
        int colon = word.LastIndexOf(':');
        string? type = colon < 0 ? null : ArgumentTypes.OfSuffix(word.Substring(colon + 1));
        string name = type is null ? word : word.Substring(0, colon);
        var argument = new Argument { Name = name, Type = type ?? ArgumentTypes.Of(name) };
        if (argument.Type == ArgumentTypes.Key && _specCount > 0) argument.KeySpecIndex = Math.Min(_keys++, _specCount - 1);
        ApplySuffixes(argument);
        return argument;
    }

    private void ApplySuffixes(Argument argument)
    {
        for (Match suffix; (suffix = Suffix.Match(_text, _position)).Success; _position += suffix.Length)
        {
            if (suffix.Groups[1].Success) argument.KeySpecIndex = suffix.Groups[1].Value == "-" ? -1 : int.Parse(suffix.Groups[1].Value);
            else if (suffix.Groups[2].Success) argument.Since = suffix.Groups[2].Value;
            else argument.DeprecatedSince = suffix.Groups[3].Value;
        }

        if (argument.KeySpecIndex >= _specCount) throw Mistake($"'{argument.Name}' refers to a key spec that does not exist");
    }

    private Element ParseGroup()
    {
        bool optional = _text[_position] == '[';
        char close = optional ? ']' : '>';
        _position++;
        Match label = Label.Match(_text, _position);
        if (label.Success) _position += label.Length;
        string? name = label.Success ? label.Groups[1].Value : null;

        var alternatives = new List<Argument>();
        do
        {
            alternatives.Add(ParseAlternative(name));
        }
        while (TryTake('|'));

        if (!TryTake(close)) throw Mistake($"'{close}' is expected");
        Argument group = alternatives.Count == 1 ? Rename(alternatives[0], name) : Choice(alternatives, name);
        if (optional) group.Optional = true;
        ApplySuffixes(group);
        return new Element(group, IsToken: false);
    }

    // One alternative of a group; several arguments make a block.
    private Argument ParseAlternative(string? groupName)
    {
        List<Element> elements = ParseElements();
        if (elements.Count == 0) throw Mistake("an alternative is empty");
        if (elements.Count >= 3 && elements[0].IsToken && !elements[1].IsToken)
        {
            Argument token = elements[0].Argument;
            elements.RemoveAt(0);
            return new Argument { Name = token.Name, Type = Argument.Block, Token = token.Token, Children = Bind(elements) };
        }

        List<Argument> bound = Bind(elements);
        if (bound.Count == 1) return bound[0];
        return new Argument { Name = groupName ?? throw Mistake("a block without a token needs a name"), Type = Argument.Block, Children = bound };
    }

    private static Argument Rename(Argument argument, string? name)
    {
        if (name is null || name == argument.Name) return argument;
        if (!argument.HasChildren && argument.Type != Argument.PureToken) argument.DisplayText = argument.Name;
        argument.Name = name;
        return argument;
    }

    private Argument Choice(List<Argument> alternatives, string? name) => new()
    {
        Name = name ?? throw Mistake("a choice needs a name"),
        Type = Argument.OneOf,
        Children = alternatives,
    };

    // A token belongs to the argument or group that follows it; otherwise it is an argument by itself.
    private static List<Argument> Bind(List<Element> elements)
    {
        var bound = new List<Argument>();
        for (int i = 0; i < elements.Count; i++)
        {
            Argument argument = elements[i].Argument;
            if (elements[i].IsToken && i + 1 < elements.Count && TakesToken(elements[i + 1]))
            {
                string token = argument.Token!;
                argument = elements[++i].Argument;
                argument.Token = token;
            }

            bound.Add(argument);
        }

        return bound;
    }

    private static bool TakesToken(Element element) =>
        !element.IsToken && !element.Argument.Optional && element.Argument.Token is null;

    // The end of a bracket that repeats what precedes it, -1 when the bracket is something else.
    private int RepetitionEnd()
    {
        int depth = 0;
        for (int i = _position; i < _text.Length; i++)
        {
            if (_text[i] == '[') depth++;
            if (_text[i] == ']' && --depth == 0) return _text.Substring(0, i).EndsWith("...", StringComparison.Ordinal) ? i : -1;
        }

        throw Mistake("']' is expected");
    }

    private void ApplyRepetition(List<Element> elements, int end)
    {
        if (elements.Count == 0) throw Mistake("there is nothing to repeat");
        Argument repeated = elements[elements.Count - 1].Argument;
        string? token = repeated.Token;
        if (token is null && elements.Count > 1 && elements[elements.Count - 2].IsToken) token = elements[elements.Count - 2].Argument.Token;
        string words = _text.Substring(_position + 1, end - _position - 1).TrimStart();
        repeated.Multiple = true;
        repeated.MultipleToken = token is not null && repeated.Type != Argument.PureToken && words.StartsWith(token + " ", StringComparison.Ordinal);
        _position = end + 1;
    }

    private bool SkipBlanks()
    {
        while (_position < _text.Length && _text[_position] == ' ') _position++;
        return _position < _text.Length;
    }

    private bool TryTake(char c)
    {
        if (!SkipBlanks() || _text[_position] != c) return false;
        _position++;
        return true;
    }

    private FormatException Mistake(string what) => new($"at {_position}: {what}");

    private readonly record struct Element(Argument Argument, bool IsToken);
}
