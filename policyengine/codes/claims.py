"""Codes of the checks on what entries claim of the document: whose number it is, who signed, what it is called."""

from __future__ import annotations

from policyengine.codes.code import Code

_NUMBERS: tuple[Code, ...] = (
    Code(
        "parameter-of-another-clause",
        "“{rule}”（{owner}）用了“{name}”（{id}），它出自{there}，而这条规则引用的是{here}",
        "`{owner}` uses `{id}`, which rests on {there}, while the rule cites {here}",
        (
            "是不是用错了参数",
            "规则确实也以{cite}为依据的，在它的 cite 里加上",
            "只是借用这个数的，在参数里写 also_for: {{{owner}: 理由}}",
        ),
        (
            "is it the wrong parameter",
            "if the rule rests on {cite} too, add it to its cite",
            "if it only borrows the number, write also_for: {{{owner}: reason}} in the parameter",
        ),
        "别的条款的数，类型相同，算得出来，也看不出错。规则用到的每一个数，出处都要在规则引用的条款之内。",
        "A number of another clause has the right type and computes. Each number that a rule uses must rest on what it cites.",
        "programs:\n  equipment: {cite: 四.1/1, rate: consortium_rate}   # consortium_rate 出自四.3/2",
        "programs:\n  equipment: {cite: 四.1/1, rate: equipment_rate}",
    ),
    Code(
        "also-for-nothing",
        "参数“{name}”的 also_for 写了“{owner}”，而它没有用这个参数",
        "`also_for` of “{name}” names `{owner}`, which does not use the parameter",
        ("是不是“{suggestion}”", "删去这一项，或写上用它的那条规则的名称"),
        ("did you mean “{suggestion}”", "delete it, or name the entry that uses the parameter"),
        "留下的说明会让人以为还有规则借用这个数。",
        "A leftover reason would make believe that a rule still borrows the number.",
        "parameters:\n  valid_from: {value: 2020-08-15, also_for: {year_field: 年度从这一天起算}}",
        "parameters:\n  valid_from: {value: 2020-08-15, also_for: {year_filed: 年度从这一天起算}}",
    ),
    Code(
        "quote-of-another-part",
        "“{name}”在规则里是{used_zh}，引文说的却是“{words}”",
        "the rules use “{name}” as {used_en}, but its quote says “{words}”",
        ("引文里要有这一类的字样：{want}", "数相同也要引对地方；不然就是用错了参数"),
        ("the quote should have words such as {want}", "quote the right place, or use the right parameter"),
        "起点500万元和最高500万元是同一个数、两回事。引文写的是另一处，修改条文时就会改错地方。",
        "A threshold of 5 million and a cap of 5 million are one number and two things; quoting the other one misleads amendments.",
        "parameters:\n  cap: {value: 500万元, cite: 四.1/1, quote: 设备投资额需达到500万元}   # cap 用作最高额",
        "parameters:\n  cap: {value: 500万元, cite: 四.1/1, quote: 单个企业最高500万元}",
    ),
)

_QUOTES: tuple[Code, ...] = (
    Code(
        "quote-cut",
        "引文“{quote}”把“{whole}”切断了",
        "the quote “{quote}” cuts through “{whole}”",
        ("引文要引到数和单位的后面，前面的“不”“未”也要引上",),
        ("quote up to behind the number and its unit, and with the negation before it",),
        "少引一个“元”字，或少引前面的“不”字，意思就变了。",
        "Without its unit, or the negation before it, a quote says something else.",
        "quote: 单个企业最高100万",
        "quote: 单个企业最高100万元",
    ),
    Code(
        "quote-of-a-neighbour",
        "“{name}”的引文“{quote}”说的是别的事",
        "the quote “{quote}” of “{name}” is about something else",
        ("同一句里有“{words}”，引那几个字", "名称要用原文的字眼"),
        ("the sentence has “{words}”: quote those words", "let the label use the words of the text"),
        "一句话列了几项要求，每一项要引自己的那几个字，告知理由时才不会张冠李戴。",
        "Where a sentence lists several requirements, each quotes its own words, or a refusal would show another's.",
        "good_credit: {label: 信用良好, cite: 五.1/1, quote: 管理规范}",
        "good_credit: {label: 信用良好, cite: 五.1/1, quote: 信用良好}",
    ),
    Code(
        "question-of-other-words",
        "口径“{name}”问的是“{words}”，{cite}里没有这几个字",
        "the interpretation “{name}” asks about “{words}”, which {cite} does not say",
        ("引号里照抄原文；或核对 cite",),
        ("put the very words of the text in quotation marks, or correct the cite",),
        "口径问的是原文的某几个字怎么读，引号里的字要在所引的句子里。",
        "An interpretation asks how certain words are read; they must stand in the cited sentences.",
        "cite: 四.3/2\nquestion: “以内”含不含本数？   # 原文写的是“以上”",
        "cite: 四.3/2\nquestion: “以上”含不含本数？",
    ),
)

_LETTERHEAD: tuple[Code, ...] = (
    Code(
        "header-not-in-text",
        "policy.yaml 的 {key} 写的是“{words}”，正文里没有",
        "`{key}` in policy.yaml is “{words}”, which the text does not say",
        ("正文里是：{there}", "照正文抄写"),
        ("the text says: {there}", "copy it from the text"),
        "文号、日期、机关、依据都会印在说明和告知书上，抄错一个字就不是这份文件了。",
        "Number, date, bodies and sources are printed on every explanation; with a slip it is another document's.",
        "number: 济兖政字〔2020〕41号   # 正文是14号",
        "number: 济兖政字〔2020〕14号",
    ),
    Code(
        "id-not-folder",
        "编号是“{id}”，文件夹却叫“{folder}”",
        "the id is “{id}”, but the folder is called “{folder}”",
        ("改成一样的；另存的一份，编号也要改",),
        ("make them the same; a copy needs an id of its own",),
        "命令按文件夹的名字找政策，申报材料和修订文件按编号找，两个名字不同就会找错。",
        "Commands find a policy by its folder, cases and overlays by its id; with two names the wrong one is found.",
        "（policies/yanzhou-2020-14/policy.yaml 里写 id: yanzhou-2020-41）",
        "（policies/yanzhou-2020-14/policy.yaml 里写 id: yanzhou-2020-14）",
    ),
    Code(
        "duty-not-as-said",
        "“{task}”的 {key} 与{cite}不符：{more_zh}",
        "`{key}` of “{task}” is not as {cite} says: {more_en}",
        ("照原文的牵头单位、配合单位改",),
        ("copy the bodies that lead and support from the text",),
        "谁牵头、谁配合，照原文一个不多、一个不少。",
        "Who leads and who supports is as the text lists them, no more and no fewer.",
        "duties:\n  land: {cite: 六.4/4, task: 保障用地, lead: 区财政局}   # 原文是区自然资源局",
        "duties:\n  land: {cite: 六.4/4, task: 保障用地, lead: 区自然资源局}",
    ),
)

_WORDS: tuple[Code, ...] = (
    Code(
        "same-label",
        "{what_zh}“{one}”和“{other}”的名称都是“{words}”",
        "the {what_en} `{one}` and `{other}` are both called “{words}”",
        ("改其中一个的名称，让人分得清",),
        ("rename one of them so that they can be told apart",),
        "填报和说明都只看得到名称，名称一样就分不清是哪一个。",
        "People see labels only; two alike cannot be told apart.",
        "options:\n  A: {zh: A类}\n  B: {zh: A类}",
        "options:\n  A: {zh: A类}\n  B: {zh: B类}",
    ),
    Code(
        "same-words",
        "“{one}”和“{other}”的{what_zh}一样：“{words}”",
        "`{one}` and `{other}` have the same {what_en}: “{words}”",
        ("多半是抄来忘了改；改成各说各的",),
        ("most likely a copy that was not changed: let each say its own",),
        "问同一句话会得到同一个回答，理由一样就不知道是哪一条没有满足。",
        "The same question gets the same answer, and two refusals alike do not say which condition failed.",
        "registered: {fail: 不在本区注册}\nlegal_person: {fail: 不在本区注册}",
        "registered: {fail: 不在本区注册}\nlegal_person: {fail: 不是独立法人}",
    ),
    Code(
        "fact-lacks",
        "“{name}”没有写{what_zh}（{key}）",
        "“{name}” does not give {what_en} (`{key}`)",
        ("补上 {key}，多数事实都写了",),
        ("add {key}, as most facts have it",),
        "待补材料时要告诉人问什么、问谁、要什么材料。",
        "Where a fact is missing, people must be told what to ask, whom, and for which papers.",
        "facts:\n  staff: {label: 人数, ask: 多少人？}   # 别的事实都写了 answered_by",
        "facts:\n  staff: {label: 人数, ask: 多少人？, answered_by: 区统计局}",
        "warning",
    ),
)

CLAIMS: tuple[Code, ...] = (*_NUMBERS, *_QUOTES, *_LETTERHEAD, *_WORDS)
