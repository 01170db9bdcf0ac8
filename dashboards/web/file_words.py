"""The words of the pages on which files are loaded."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Final

from ledger.words import Words
from producers.tables import mapping

TABLES: Final[Mapping[str, Words]] = {
    "alerts": Words("將產生或加重之警示", "Alerts it would open or make worse"),
    "by_hand": Words("須人工更正", "To be corrected by hand"),
    "corrected": Words("可自動更正", "Corrected by the program"),
    "differing": Words("與先前入帳內容不同者", "Rows that differ from what was taken"),
    "digest": Words("摘要值（SHA-256）", "SHA-256"),
    "loaded": Words("已匯入之檔案", "Files that were loaded"),
    "mapping": Words("對應", "Mapping"),
    "money": Words("入帳前後", "Before and after"),
    "file_name": Words("檔名", "File"),
    "none": Words("請先選擇檔案", "Choose a file first"),
    "preview": Words("前 {count} 筆事件", "The first {count} events"),
    "refused": Words("將被拒收者", "What would be refused"),
    "taken": Words("匯入完成", "It is taken in"),
    "too_many": Words(
        "待確認之檔案過多，請先處理或稍後再試", "Too many files are waiting; deal with them first, or try later"
    ),
    "unfinished": Words("未完成", "not finished"),
    "unmapped": Words("未轉為事件之列", "Rows that are no events"),
}
"""Headings of tables and what stands in their cells."""

WORDS: Final[Mapping[str, Words]] = {
    "files_lead": Words(
        "上傳貴機關既有之表格（CSV、Excel、ODS）或事件檔（NDJSON）。先顯示對應、預覽、可能拒收者及將產生之警示，確認後才入帳。",
        "Upload the tables you have (CSV, Excel, ODS) or a file of events (NDJSON). What it would become, what would be"
        " refused and which alerts it would open is shown first; nothing is taken in before you say so.",
    ),
    "files_choose": Words("選擇檔案", "Choose a file"),
    "files_file": Words("檔案", "File"),
    "files_bounds": Words(
        "至多 {size} MB；CSV（UTF-8、Big5）、xlsx、xls、ods 或 ndjson。",
        "{size} MB at most: CSV (UTF-8, Big5), xlsx, xls, ods or ndjson.",
    ),
    "files_kind": Words("表格種類", "Kind of table"),
    "files_suggest": Words("自動判斷", "Find out"),
    "files_lists": Words("名冊及名稱", "Registers and names"),
    "files_rename": Words("名稱不同者，以本檔案為準", "Where names differ, take this file's"),
    "files_names_changed": Words("{count} 個名稱將變更", "{count} names would be changed"),
    "files_names_same": Words(
        "與現有名稱相同，無須匯入；名稱不同者得勾選以本檔案為準。",
        "Nothing is new in it; where names differ, this file's can be chosen.",
    ),
    "files_register_waits": Words(
        "機關名冊決定哪些事件拒收，不即時生效：確認後存為 agencies-next.csv（取代前一份未生效者），重新計算後生效。",
        "The register decides which events are refused, so it is not used at once: it is written to agencies-next.csv (in the"
        " place of one that waits there), and used after a rebuild.",
    ),
    "files_register_next": Words(
        "新名冊在資料夾之 agencies-next.csv。停止監測，執行 budgetwatch rebuild --data 資料夾 --registry 資料夾/agencies-next.csv"
        "（先加 --dry-run 看差異），再啟動，即依新名冊收錄。",
        "The new register is agencies-next.csv in the data folder. Stop the monitor, run budgetwatch rebuild --data DIR"
        " --registry DIR/agencies-next.csv (with --dry-run first to see what changes), and start it again.",
    ),
    "files_own": Words("自訂對應（YAML）", "A mapping of your own (YAML)"),
    "files_own_help": Words(
        "留白則依表格種類。格式見手冊「機關自有表格」。",
        "Left empty, the kind of table counts. The manual says how one is written.",
    ),
    "files_again": Words(
        "請重新選擇檔案「{name}」：瀏覽器不保留所選檔案。",
        "Choose the file again (it was “{name}”): a browser does not keep it.",
    ),
    "files_again_unnamed": Words("請重新選擇檔案。", "Choose the file again."),
    "files_too_large": Words("檔案超過 {size} MB，請分割", "The file is larger than {size} MB; split it"),
    "files_upload": Words("上傳並預覽", "Upload and preview"),
    "files_templates": Words("空白範本", "Templates to fill in"),
    "files_templates_lead": Words(
        "無既有表格者，下載範本填寫後上傳。", "Who has no such table yet fills in one of these and uploads it."
    ),
    "files_template": Words("下載「{title}」範本", "Template: {title}"),
    "files_under_way": Words("尚待確認之檔案", "Files waiting for your decision"),
    "files_page_process": Words(
        "待確認之檔案於一小時後或系統重新啟動時刪除。",
        "A file that nobody decides on is thrown away after an hour, or when the page is started again.",
    ),
    "files_is_reading": Words("讀取並試算中：{share}%", "Being read and tried: {share} %"),
    "files_is_taking": Words(
        "入帳中：{share}%（{sent}／{all} 筆）", "Being taken in: {share} % ({sent} of {all} events)"
    ),
    "files_reload": Words("重新整理", "Look again"),
    "files_problem": Words("無法匯入：一筆也未入帳", "It cannot be taken in; nothing of it was"),
    "files_facts": Words("檔案與對應", "The file and its mapping"),
    "files_size": Words("大小", "Size"),
    "files_digest": TABLES["digest"],
    "files_encoding": Words("編碼", "Encoding"),
    "files_mapping": TABLES["mapping"],
    "files_suggested": Words("（系統建議）", "(suggested)"),
    "files_replaced": Words("以表內「{new}」代替「{old}」", "“{new}” of the table is taken for “{old}”"),
    "files_missing": Words(
        "表內無近似「{name}」之欄位，請於對應中指明", "Nothing looks like “{name}”: name its column in the mapping"
    ),
    "files_rows": Words("資料列", "Rows"),
    "files_rows_of": Words("{mapped} 列轉為事件，共讀取 {read} 列", "{mapped} of {read} became events"),
    "files_sums": Words("已核對", "Compared"),
    "files_assumed": Words("假設", "Assumed"),
    "files_new": Words("新事件", "New events"),
    "files_same": Words("先前已入帳（重複）", "Taken before (duplicates)"),
    "files_nothing_new": Words(
        "此檔案之內容先前均已入帳，無須再匯入。",
        "Everything in this file was taken before; there is nothing to take in.",
    ),
    "files_foreign": Words(
        "第 {places} 筆之機關或預備金不在您的職權範圍，整檔不予匯入。",
        "The events at {places} are not yours to send: their agency or reserve lies outside your scope. Nothing of the file is taken.",
    ),
    "files_settings": Words("變更讀取方式", "Read it otherwise"),
    "files_sheet": Words("工作表", "Sheet"),
    "files_first_sheet": Words("唯一有資料者", "The only one with rows"),
    "files_asked": Words("表內未載明，請填寫", "Not in the table; give it"),
    "files_read_again": Words("重新預覽", "Preview again"),
    "files_correct": Words(
        "就不同者產生更正事件（追加、沖銷、次一修訂）一併入帳；未勾選者須另行確認略過",
        "Make corrections of them and take these in, too; else you have to confirm that they are passed over",
    ),
    "files_pass_over": Words(
        "確認略過內容不同者 {count} 筆，不予入帳", "Pass over the {count} that differ: they are not taken in"
    ),
    "files_report_whole": Words(
        "月報須整份收下：有 {count} 筆與先前收下者不同，或將被拒收。請更正檔案、勾選更正後重新預覽，或改以次一版次匯入。",
        "A monthly report is taken whole: {count} of its rows differ from what was taken, or would be refused."
        " Put the file right, have them corrected, or load it as the next version.",
    ),
    "files_to_keep": Words(
        "此月報之數已入帳，惟月報本身尚未存檔：收下後即存檔並據以核對，不重複入帳。",
        "The figures of this report were taken already, but the paper is not kept: take it in, and it is kept and compared;"
        " nothing counts twice.",
    ),
    "files_refused": TABLES["refused"],
    "files_resolved": Words("將解除之警示：{count} 筆", "Alerts it would resolve: {count}"),
    "files_names": Words("隨表帶入之名稱", "Names that come with it"),
    "files_names_new": Words("新增 {count} 個名稱（{list}）", "{count} new names ({list})"),
    "files_names_other": Words(
        "另有 {count} 個與現有名稱不同，維持現有者（以 names take --replace 變更）",
        "{count} are named otherwise and stay as they are (`names take --replace` changes them)",
    ),
    "files_names_take": Words("一併新增名稱", "Add these names, too"),
    "files_named": Words("已新增名稱 {count} 個（{list}）。", "{count} names were added ({list})."),
    "files_lacking": Words(
        "名冊無下列機關，其事件將被拒收：{agencies}。請先以 names take agencies 及 rebuild --registry 增列。",
        "The register lacks these agencies, and their events would be refused: {agencies}."
        " Add them first, by `names take agencies` and `rebuild --registry`.",
    ),
    "files_no_time_rules": Words(
        "時間規則（落後、逾期等）每日判定，不在此試算。",
        "Time rules (lagging, late …) are judged each day and are not foretold here.",
    ),
    "files_take": Words("確認入帳", "Take it in"),
    "files_go_on": Words("繼續入帳", "Go on"),
    "files_drop": Words("放棄", "Give up"),
    "files_stopped": Words(
        "已入帳至第 {sent} 筆後停止：{why}。按「繼續入帳」自該處接續；已入帳者不致重複。",
        "It stopped after event {sent}: {why}. “Go on” continues there; nothing is counted twice.",
    ),
    "files_taken": TABLES["taken"],
    "files_came": Words(
        "收錄 {accepted} 筆、重複 {duplicate} 筆、拒收 {refused} 筆。",
        "{accepted} accepted, {duplicate} duplicates, {refused} refused.",
    ),
    "files_opened": Words("產生之警示", "Alerts it opened"),
    "files_back": Words("匯入其他檔案", "Load another file"),
}
"""By the names that templates use."""


@cache
def known_mappings() -> Mapping[str, mapping.Mapping]:
    """The kinds of table whose mappings ship, by name."""
    return {name: mapping.load_mapping(name)[1] for name in mapping.shipped()}
